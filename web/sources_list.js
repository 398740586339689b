import { button, el, emptyState, fill, nameText } from './dom.js';
import { followRuns } from './follow_runs.js';
import { attempt } from './messages.js';
import { Pager } from './pager.js';
import { runState } from './run_states.js';
import { addSource } from './source_form.js';
import { activeBadge, channelText, placeText, scheduleText } from './source_texts.js';
import { Table } from './table.js';
import { atMostEvery } from './throttle.js';
import { ago, number } from './time.js';

const REFRESH_MS = 2000;

const COLUMNS = ['Name', 'Channel', 'Stored in', 'Schedule', 'Last run', 'Messages', 'Files'];

/** The sources, a page at a time. */
export function createSourcesList({ api, live, role, isShown }) {
  const list = el('div', { 'aria-live': 'off' });
  const pager = new Pager(() => attempt(load));
  const add = role === 'admin' && (() => addSource(api, ({ id }) => go(id)));
  const table = new Table('Sources', COLUMNS, {
    key: ({ id }) => id,
    onRow: ({ id }) => go(id),
    cells: (source) => [
      el('a', { href: addressOf(source.id) }, nameText(source.name)),
      channelText(source),
      placeText(source),
      el('span', { class: 'stack' }, activeBadge(source), scheduleText(source)),
      source.last_run ? lastRun(source.last_run) : 'never',
      el('span', { class: 'digits' }, number(source.total_messages_scraped)),
      el('span', { class: 'digits' }, number(source.total_files_downloaded)),
    ],
  });

  async function load() {
    const sources = pager.take(await api.get('/sources', pager.query));
    table.show(sources);
    if (sources.length === 0) fill(list, noSources(add, live.status));
    else if (table.element.parentElement !== list) fill(list, table.element);
  }

  const refresh = atMostEvery(REFRESH_MS, () => isShown() && load().catch(() => undefined));
  followRuns(live, { told: refresh, missed: refresh });
  const element = el(
    'section',
    {},
    el(
      'div',
      { class: 'head' },
      el('h1', { tabindex: -1 }, 'Sources'),
      add && button('Add a source', add, 'primary'),
    ),
    list,
    pager.element,
  );
  return { element, open: () => attempt(load) };
}

function go(id) {
  location.hash = addressOf(id);
}

function addressOf(id) {
  return `#/sources/${id}`;
}

function lastRun(run) {
  const at = run.finished_at ?? run.started_at;
  return el('span', { class: 'state' }, runState(run), at && el('span', { class: 'muted small' }, ago(at)));
}

function noSources(add, status) {
  return emptyState(
    'No sources yet',
    el(
      'p',
      {},
      'A source is a channel that the service scrapes itself, with sessions of its pool: once now, on a schedule, and on demand. Messages and files are stored on a disk or in a bucket.',
    ),
    status?.total === 0 &&
      el(
        'p',
        {},
        'It needs a session to read with: ',
        el('a', { href: '#/sessions' }, add ? 'add one to the pool' : 'the pool has none'),
        '.',
      ),
    add
      ? el(
          'p',
          {},
          button('Add a source', add, 'link'),
          ': the username of a public channel is all it takes.',
        )
      : el('p', {}, 'An admin adds them here.'),
  );
}
