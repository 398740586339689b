import type { Database } from 'better-sqlite3';
import { INVALIDATED_UNTIL, STATES, type State } from '../../src/pool/states.js';
import { openDatabase } from '../../src/storage/sqlite/open.js';
import { T0 } from '../contracts/stores.js';
import { MIGRATIONS } from '../storage/databases.js';
import { addScraping } from './full_scraping.js';
import { insert } from './insert.js';

/** Tags that a list of a database must not take for its own punctuation. */
export const TAGS = ['eu', 'Ö "quoted" \\ back', '{a,b}', 'NULL', '[]'];

/** Ids of Telegram have 64 bits: this one is no JavaScript number. */
export const USER_ID = '9007199254740993';

/** The highest ids that were ever given, by table; the rows that had them are gone. */
export const HIGHEST = {
  audit_log: 80,
  sessions: 40,
  api_keys: 30,
  proxies: 20,
  sources: 50,
  runs: 60,
  files: 70,
} as const;

/** When the sessions' leases, cool-downs and floods end. */
export const UNTIL = T0 + 600_000;

/** A file with sessions in every state and rows in every table; `counts` alone is empty. */
export function makeFull(path: string, historyRows = 5000): void {
  const { sqlite, close } = openDatabase(path, MIGRATIONS);
  sqlite.transaction(() => {
    addProxiesAndKeys(sqlite);
    for (const [index, state] of STATES.entries()) addSession(sqlite, index + 1, state);
    addLimited(sqlite, STATES.length + 1);
    addRest(sqlite, historyRows);
    addScraping(sqlite);
    for (const [table, id] of Object.entries(HIGHEST)) {
      sqlite.prepare('UPDATE sqlite_sequence SET seq = ? WHERE name = ?').run(id, table);
    }
  })();
  close();
}

function addProxiesAndKeys(sqlite: Database): void {
  insert(sqlite, 'proxies', { type: 'socks5', host: 'h', port: 65535, user: 'u', pass: 'encrypted' });
  insert(sqlite, 'proxies', { type: 'http', host: 'ü.example', port: 1, user: null, pass: null });
  const key = { role: 'worker', created_at: T0, tags: JSON.stringify(TAGS), expires_at: UNTIL };
  insert(sqlite, 'api_keys', { ...key, name: 'one', hash: 'aa', max_leases: 5, revoked_at: null });
  insert(sqlite, 'api_keys', { ...key, name: 'gone', hash: 'bb', max_leases: null, revoked_at: T0 });
}

/** A session whose name is its state; those that could be leased have tags. */
function addSession(sqlite: Database, id: number, state: State): void {
  const rest = ['missing', 'dead', 'inactive', 'duplicate'].includes(state) ? state : 'free';
  const held = state === 'leased' || state === 'cooldown';
  const tags = rest === 'free' ? TAGS : [];
  insert(sqlite, 'sessions', {
    ...{ id, name: state, folded_name: state, file: state === 'missing' ? null : `d/${state}.session` },
    ...{ json_file: null, fingerprint: `print of ${state}`, format: 'telethon', dc_id: 2 },
    ...{ auth_key_sha256: Buffer.alloc(32, id), user_id: USER_ID, phone_number: `+1${id}` },
    ...{ api_id: 2 ** 31 - 1, api_hash: 'encrypted', credentials: 'encrypted too', proxy_id: (id % 2) + 1 },
    ...{ tags: JSON.stringify(tags), inactive: state === 'inactive' ? 1 : 0, rest, rest_reason: null },
    ...{
      state,
      state_reason: `why ${state}`,
      state_until: untilOf(state),
      limited: 0,
      last_used_at: T0 - id,
    },
    ...{ lease_id: held ? `lease of ${state}` : null, lease_holder: held ? 'key:1' : null },
    ...{ lease_ttl_seconds: held ? 600 : null, lease_renewed: held ? 1 : 0, suspected_at: null },
    ...{ last_checked_at: T0 + 1, created_at: T0, updated_at: T0 },
  });
  for (const tag of tags) {
    insert(sqlite, 'session_tags', { tag, session_id: id, free_since: state === 'free' ? T0 - id : null });
  }
}

function untilOf(state: State): number | null {
  if (state === 'invalid') return INVALIDATED_UNTIL;
  return state === 'leased' || state === 'cooldown' || state === 'flood' ? UNTIL : null;
}

/** A free session that is flooded for one method. */
function addLimited(sqlite: Database, id: number): void {
  addSession(sqlite, id, 'free-limited' as State);
  sqlite.prepare("UPDATE sessions SET state = 'free', limited = 1 WHERE id = ?").run(id);
  sqlite.prepare('UPDATE session_tags SET free_since = ? WHERE session_id = ?').run(T0, id);
  insert(sqlite, 'method_floods', { session_id: id, method: 'GetHistory', until: UNTIL });
}

function addRest(sqlite: Database, historyRows: number): void {
  for (let id = 1; id <= historyRows; id += 1) {
    const row = { session_id: id % 50, at: T0 + id, event: 'leased', lease_id: null, holder: 'key:1' };
    insert(sqlite, 'history', { id: id * 2, ...row, detail: id % 3 === 0 ? `😀 line\n${id}` : null });
  }
  // Ordered by their bytes here, and by nobody knows what in a server of another language.
  for (const key of ['a', 'B', 'ä', 'Z', '_', 'é', 'e\u0301', ' ', '😀', '\uFB00']) {
    const row = { holder: 'key:1', key, session_id: 2, lease_id: `lease ${key}`, created_at: T0 };
    insert(sqlite, 'idempotency_keys', { ...row, repeats: 3 });
  }
  const login = { holder: 'key:1', kind: 'code', save_at_once: 1, secret: 'encrypted', in_doubt: 1 };
  const times = { expires_at: UNTIL, claimed_until: T0 + 5, created_at: T0 };
  insert(sqlite, 'pending_logins', {
    ...login,
    ...times,
    id: 'x',
    stage: 'ready',
    auth_key_sha256: Buffer.alloc(32),
  });
  insert(sqlite, 'pending_logins', { ...login, ...times, id: 'Y', stage: 'saved', session_id: 999 });
  const done = { at: T0, holder: 'key:1', key_name: 'Ö', action: 'session.delete', outcome: 'done' };
  insert(sqlite, 'audit_log', { ...done, address: '::1', request_id: 'r-1', object: 'session:7' });
  insert(sqlite, 'audit_log', { ...done, address: null, request_id: null, object: null });
  insert(sqlite, 'facts', { name: 'clock.anchor', value: '{"bootId":null,"monotonic":1,"steady":2}' });
  insert(sqlite, 'facts', { name: 'sessions.device', value: '42' });
}
