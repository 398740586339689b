import { button, el, NOTHING, nameText } from './dom.js';
import { isGoingOn, reasonText, runState } from './run_states.js';
import { size } from './size.js';
import { Table } from './table.js';
import { ago, duration, number } from './time.js';

const COLUMNS = ['Run', 'State', 'Started', 'Messages', 'Files', 'Stored', 'Session'];

/** The table of a source's runs; a row opens its run. */
export function createRunsTable(openRun) {
  return new Table('Runs, newest first', COLUMNS, {
    key: ({ id }) => id,
    onRow: openRun,
    cells: (run) => [
      button(`#${run.id}`, () => openRun(run), 'link digits', { 'aria-label': `Run ${run.id}` }),
      runState(run),
      withNote(ago(run.started_at ?? run.created_at), tookText(run)),
      withNote(number(run.messages_stored), `${number(run.messages_per_second)}/s`),
      withNote(number(run.files_done), run.files_skipped > 0 && `${number(run.files_skipped)} skipped`),
      withNote(size(run.bytes_done), `${size(run.bytes_per_second)}/s`),
      run.session_name === null ? NOTHING : nameText(run.session_name),
    ],
  });
}

/** Why it was started, and how long it took. */
function tookText(run) {
  if (run.started_at === null) return reasonText(run);
  return `${reasonText(run)}, ${isGoingOn(run) ? 'for' : 'took'} ${duration(run.seconds)}`;
}

function withNote(value, note) {
  const noted = note && [' ', el('span', { class: 'note muted small' }, note)];
  return el('span', { class: 'digits' }, value, noted);
}
