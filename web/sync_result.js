import { el } from './dom.js';
import { Table } from './table.js';
import { number } from './time.js';

/** How many sessions a sync changes. */
export function changesIn({ new_sessions, updated_sessions, removed_sessions, missing_sessions }) {
  return new_sessions + updated_sessions + removed_sessions + missing_sessions;
}

/** The result of a sync: counts, refused files with reasons, files that are still being written. */
export function syncResult(title, details) {
  const counts = [
    ['New', details.new_sessions],
    ['Changed', details.updated_sessions],
    ['Removed', details.removed_sessions],
    ['Missing', details.missing_sessions],
    ['In the pool', details.total_sessions],
  ];
  return el(
    'div',
    { class: 'card' },
    el('h2', {}, title),
    el(
      'dl',
      { class: 'counts' },
      counts.map(([term, count]) => el('div', {}, el('dt', {}, term), el('dd', {}, number(count)))),
    ),
    rejectedTable(details),
    details.unsettled.length > 0 &&
      el('p', {}, `Still being written; will be read in a moment: ${details.unsettled.join(', ')}`),
  );
}

function rejectedTable({ rejected, rejected_total }) {
  if (rejected.length === 0) return el('p', { class: 'muted' }, 'No file was refused.');
  const table = new Table('Refused files', ['File', 'Reason'], {
    key: ({ file, reason }) => JSON.stringify([file, reason]),
    cells: ({ file, reason }) => [el('bdi', {}, file), reason],
  });
  table.show(rejected);
  const hidden = rejected_total - rejected.length;
  return el(
    'div',
    {},
    el('h3', {}, `Refused: ${number(rejected_total)}`),
    table.element,
    hidden > 0 && el('p', { class: 'muted' }, `and ${number(hidden)} more`),
  );
}
