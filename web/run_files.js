import { el, emptyState, fill } from './dom.js';
import { attempt } from './messages.js';
import { Pager } from './pager.js';
import { isGoingOn } from './run_states.js';
import { size } from './size.js';
import { Table } from './table.js';
import { atMostEvery } from './throttle.js';

const REFRESH_MS = 2000;

const STATES = {
  stored: ['Stored', 'good', null],
  duplicate: ['Duplicate', 'calm', 'the same content was already stored'],
  skipped: ['Skipped', 'warn', null],
};

/**
 * The files that a run has found, a page at a time.
 *
 * @param {object} api
 * @param {() => object} run returns its current state
 * @param {AbortSignal} signal stops it
 * @returns {{ label: string, element: HTMLElement, show(): void, follow(): void }} `follow`: refreshes them
 *   if they are visible
 */
export function createRunFiles(api, run, signal) {
  const list = el('div');
  const pager = new Pager(() => attempt(load));
  const element = el('div', {}, list, pager.element);
  const table = new Table('Files, by message', ['File', 'Message', 'Size', 'State'], {
    key: (file) => String(file.message_id),
    cells: (file) => [fileText(file), String(file.message_id), size(file.size_bytes), fileState(file)],
  });

  async function load() {
    const { id, files_found: total } = run();
    const files = pager.take(await api.get(`/runs/${id}/files`, pager.query, signal), total);
    table.show(files);
    if (files.length === 0) fill(list, noFiles(run()));
    else if (table.element.parentElement !== list) fill(list, table.element);
  }

  const isOpen = () => element.isConnected && !element.closest('[hidden]');
  const refresh = atMostEvery(REFRESH_MS, () => isOpen() && load().catch(() => undefined));
  return { label: 'Files', element, show: () => attempt(load), follow: refresh };
}

function fileText({ name, path, mime_type: type }) {
  return el(
    'span',
    {},
    el('bdi', { class: 'name' }, name),
    ' ',
    el('span', { class: 'note muted small' }, el('bdi', { class: 'name' }, path ?? type)),
  );
}

function fileState({ state, reason }) {
  const [label, tone, meaning] = STATES[state] ?? [state, 'off', null];
  return el(
    'span',
    { class: 'state' },
    el('span', { class: `badge ${tone}` }, label),
    (reason ?? meaning) && el('span', { class: 'reason' }, reason ?? meaning),
  );
}

function noFiles(run) {
  const text = isGoingOn(run)
    ? 'They appear here as they are stored.'
    : 'No message had a file of the requested types.';
  return emptyState('No files', el('p', {}, text));
}
