import { addSession } from './add_session.js';
import { button, el, emptyState, fill } from './dom.js';
import { findSessions } from './find_sessions.js';
import { attempt } from './messages.js';
import { Pager } from './pager.js';
import { createSessionsFilter } from './sessions_filter.js';
import { createSessionsTable } from './sessions_table.js';
import { atMostEvery } from './throttle.js';
import { number } from './time.js';

const REFRESH_MS = 3000;

/** The sessions of the pool, a page at a time. */
export function createSessions({ api, live, role, openSession, isShown }) {
  const list = el('div', { 'aria-live': 'off' });
  const outcome = el('p', { class: 'muted', role: 'status' });
  const table = createSessionsTable(openSession);
  const filter = createSessionsFilter(() => attempt(load));
  const pager = new Pager(() => attempt(load));
  const add = role === 'admin' && (() => addSession({ api, openSession, saved: () => attempt(load) }));
  let loading = new AbortController();

  async function load() {
    loading.abort();
    loading = new AbortController();
    if (filter.wanted) return search(0, loading.signal);
    fill(outcome);
    const answered = await api.get('/sessions', pager.query, loading.signal);
    show(pager.take(answered, live.status?.total ?? null), () => noSessions(add));
  }

  async function search(from, signal) {
    const { wanted } = filter;
    fill(outcome, 'Searching…');
    pager.element.hidden = true;
    const { found, next } = await findSessions(api, wanted, from, signal);
    show(found, () => nothingFound(next !== null));
    const where =
      from > 0 || next ? ` among sessions ${number(from + 1)} to ${next ? number(next) : 'the last'}` : '';
    const passed = `${number(found.length)} found${where}. `;
    const onward = next && button('Keep searching', () => attempt(() => search(next, signal)));
    fill(outcome, passed, onward);
  }

  function show(sessions, empty) {
    table.show(sessions);
    if (sessions.length === 0) fill(list, empty());
    else if (table.element.parentElement !== list) fill(list, table.element);
  }

  // A search is not refreshed automatically: it takes long in a large pool.
  const refresh = atMostEvery(REFRESH_MS, () => isShown() && !filter.wanted && load().catch(() => undefined));
  live.addEventListener('change', refresh);
  return {
    element: el(
      'section',
      {},
      el(
        'div',
        { class: 'head' },
        el('h1', { tabindex: -1 }, 'Sessions'),
        add && button('Add a session', add, 'primary'),
      ),
      filter.element,
      outcome,
      list,
      pager.element,
    ),
    show: () => attempt(load),
    changed: () => attempt(load),
  };
}

function noSessions(add) {
  const folder = el('code', {}, 'SESSIONS_DIR');
  return emptyState(
    'No sessions yet',
    el(
      'p',
      {},
      'Drop .session files into ',
      folder,
      '; the service finds them within seconds. Telethon and Pyrogram files both work.',
    ),
    add &&
      el(
        'p',
        {},
        'Or ',
        button('add a session', add, 'link'),
        ' here: sign in with a login code, upload a session file, or paste a session string.',
      ),
    add &&
      el(
        'p',
        {},
        'Nothing appears? ',
        el('a', { href: '#/files' }, 'Files'),
        ' shows what was refused, and why.',
      ),
  );
}

function nothingFound(more) {
  const title = more ? 'No session matches so far' : 'No session matches';
  const next = more
    ? 'Keep searching, or try something else.'
    : 'Try a shorter part of the name, or any state.';
  return emptyState(title, el('p', {}, next));
}
