import { PAGE } from './pager.js';

/** The service's maximum page size, and the number of pages that one search reads. */
const CHUNK = 1000;
const CHUNKS = 10;

/**
 * Searches the service's list of sessions page by page; at most a page of matches is returned at a time.
 *
 * @param {{ get(path: string, query: object, signal: AbortSignal): Promise<object[]> }} api
 * @param {{ text: string, state: string }} wanted either may be empty
 * @param {number} from how many sessions of the list to skip
 * @param {AbortSignal | null} [signal]
 * @returns {Promise<{ found: object[], next: number | null }>} `next`: where to continue; null: at the end
 */
export async function findSessions(api, wanted, from, signal = null) {
  const found = [];
  let skip = from;
  for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
    const sessions = await api.get('/sessions', { skip, limit: CHUNK }, signal);
    for (const [at, session] of sessions.entries()) {
      if (!matches(session, wanted)) continue;
      found.push(session);
      if (found.length === PAGE) return { found, next: skip + at + 1 };
    }
    skip += sessions.length;
    if (sessions.length < CHUNK) return { found, next: null };
  }
  return { found, next: skip };
}

/** Whether the session has the state, and the text in its name, id, phone, format or tags. */
export function matches(session, { text, state }) {
  if (state && session.status !== state) return false;
  const wanted = text.trim().toLowerCase().replace(/^[#+]/, '');
  const { id, name, phone_number, format, tags } = session;
  if (wanted === '' || String(id) === wanted) return true;
  return [name, phone_number ?? '', format, ...tags].some((field) => field.toLowerCase().includes(wanted));
}
