import { ApiError } from './api.js';
import { el, fill } from './dom.js';
import { findSessions } from './find_sessions.js';
import { labelled } from './labelled.js';
import { stateLabel } from './states.js';
import { onceQuietFor } from './throttle.js';

const QUIET_MS = 250;

/**
 * The session of a source, chosen by its name: matching names are suggested while typing.
 *
 * @param {object} api
 * @param {string} name of the current session
 * @returns {{ element: HTMLElement, input: HTMLInputElement, chosen(): Promise<object | null> }} `chosen` rejects
 *   with ApiError if no session has the name; null: none is chosen
 */
export function createSessionField(api, name) {
  const offered = el('datalist', { id: 'source-sessions' });
  const element = labelled({
    name: 'session_id',
    id: 'source-session',
    label: 'Session',
    list: 'source-sessions',
    value: name,
    spellcheck: 'false',
    hint: ' ',
  });
  element.append(offered);
  const input = element.querySelector('input');
  let asking = new AbortController();

  async function offer() {
    asking.abort();
    asking = new AbortController();
    const wanted = { text: input.value, state: '' };
    const { found } = await findSessions(api, wanted, 0, asking.signal).catch(() => ({ found: [] }));
    fill(
      offered,
      found.map((session) => el('option', { value: session.name, label: stateLabel(session.status) })),
    );
  }

  async function chosen() {
    const wanted = input.value.trim();
    if (wanted === '') return null;
    for (let from = 0; from !== null; ) {
      const { found, next } = await findSessions(api, { text: wanted, state: '' }, from);
      const session = found.find((one) => one.name === wanted);
      if (session) return session;
      from = next;
    }
    throw new ApiError(404, { detail: 'no session has this name', code: 'session_not_found' });
  }

  input.addEventListener('input', onceQuietFor(QUIET_MS, offer));
  input.addEventListener('focus', offer, { once: true });
  return { element, input, chosen };
}
