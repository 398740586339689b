import { button, el, fill } from './dom.js';
import { attempt } from './messages.js';
import { localClock } from './time.js';

/** Entries per request, and the maximum number shown: the last ones of a longer log. */
const CHUNK = 500;
const MAX_SHOWN = 2000;

const TONES = { info: 'off', warning: 'warn', error: 'bad' };

/**
 * The log of a run, oldest entry first.
 *
 * @param {AbortSignal} signal stops it
 * @returns {{ label: string, element: HTMLElement, show(): void, follow(): void }} `follow`: adds new entries
 */
export function createRunLog(api, runId, signal) {
  const list = el('ol', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': 'Log', tabindex: 0 });
  const more = button('Show more', () => attempt(load), '', { hidden: true });
  const nothing = el('p', { class: 'muted' }, 'Loading…');
  let known = 0;
  let loading = false;
  let again = false;

  async function load() {
    if (loading) {
      again = true;
      return;
    }
    loading = true;
    try {
      do {
        again = false;
        add(await api.get(`/runs/${runId}/logs`, { skip: known, limit: CHUNK }, signal));
      } while (again);
    } finally {
      loading = false;
    }
  }

  function add(entries) {
    const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
    known += entries.length;
    list.append(...entries.map(entryRow));
    while (list.childElementCount > MAX_SHOWN) list.firstElementChild?.remove();
    more.hidden = entries.length < CHUNK;
    list.hidden = known === 0;
    fill(nothing, known === 0 && 'The log is empty.');
    if (atEnd) list.scrollTop = list.scrollHeight;
  }

  return {
    label: 'Log',
    element: el('div', {}, nothing, list, more),
    show: () => attempt(load),
    follow: () => more.hidden && load().catch(() => undefined),
  };
}

function entryRow({ at, level, message }) {
  return el(
    'li',
    {},
    localClock(at),
    el('span', { class: `badge ${TONES[level] ?? 'off'}` }, level),
    el('bdi', { class: 'name' }, message),
  );
}
