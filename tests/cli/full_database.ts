import type { Database } from 'better-sqlite3';
import { INVALIDATED_UNTIL, STATES, type State } from '../../src/pool/states.js';
import { openDatabase } from '../../src/storage/sqlite/open.js';
import { T0 } from '../contracts/stores.js';
import { MIGRATIONS } from '../storage/databases.js';

/** Tags that a list of a database must not take for its own punctuation. */
export const TAGS = ['eu', 'Ö "quoted" \\ back', '{a,b}', 'NULL', '[]'];

/** Ids of Telegram have 64 bits: this one is no JavaScript number. */
export const USER_ID = '9007199254740993';

/** File types that a list of a database must not take for its own punctuation. */
export const FILE_TYPES = ['pdf', 'tar.gz', '{a,b}', 'NULL', '"'];

/** Of a file that is larger than 32 bits can say. */
const SIZE_BYTES = 5_000_000_000;

/** The highest ids ever assigned, by table; their rows are deleted. */
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
    addConditions(sqlite);
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

/** A session named after its state; those that can be leased have tags. */
function addSession(sqlite: Database, id: number, state: State): void {
  const rest = ['missing', 'dead', 'inactive', 'duplicate'].includes(state) ? state : 'free';
  const held = state === 'leased' || state === 'cooldown';
  const tags = rest === 'free' ? TAGS : [];
  insert(sqlite, 'sessions', {
    ...{ id, name: state, folded_name: state, file: state === 'missing' ? null : `d/${state}.session` },
    ...{ json_file: null, fingerprint: `print of ${state}`, format: 'telethon', dc_id: 2 },
    ...{ auth_key_sha256: Buffer.alloc(32, id), user_id: USER_ID, phone_number: `+1${id}` },
    ...{ api_id: 2 ** 31 - 1, api_hash: 'encrypted', credentials: 'encrypted too', proxy_id: (id % 2) + 1 },
    ...{
      tags: JSON.stringify(tags),
      inactive: state === 'inactive' ? 1 : 0,
      base_state: rest,
      base_state_reason: null,
    },
    ...{
      state,
      state_reason: `why ${state}`,
      state_until: untilOf(state),
      method_flooded: 0,
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
  return ['leased', 'cooldown', 'flood', 'used_up'].includes(state) ? UNTIL : null;
}

/** Why the frozen session is frozen. */
const FREEZE = { reason: 'ACCOUNT_FROZEN', since: T0 - 5, until: T0 + 2 ** 33, appealUrl: 'https://t.me/ü' };

/** What is known of accounts, and how often sessions were and may be used. */
function addConditions(sqlite: Database): void {
  sqlite
    .prepare("UPDATE sessions SET condition = 'frozen', condition_detail = ? WHERE name = 'frozen'")
    .run(JSON.stringify(FREEZE));
  sqlite
    .prepare(
      `UPDATE sessions SET uses_day = 20148, uses_today = 7, used_up_until = ?, health_penalty = 15,
         health_reasons = '[{"reason":"new","points":15,"value":0}]' WHERE name = 'used_up'`,
    )
    .run(UNTIL);
  insert(sqlite, 'session_days', {
    session_id: 1,
    day: 20_147,
    uses: 3,
    flood_seconds: SIZE_BYTES,
    errors: 2,
  });
  insert(sqlite, 'tag_limits', { tag: 'Ö new', max_uses_per_day: 100, ramp_days: 14 });
}

/** A free session that is flooded for one method. */
function addLimited(sqlite: Database, id: number): void {
  addSession(sqlite, id, 'free-limited' as State);
  sqlite.prepare("UPDATE sessions SET state = 'free', method_flooded = 1 WHERE id = ?").run(id);
  sqlite.prepare('UPDATE session_tags SET free_since = ? WHERE session_id = ?').run(T0, id);
  insert(sqlite, 'method_floods', { session_id: id, method: 'GetHistory', until: UNTIL });
}

function addRest(sqlite: Database, historyRows: number): void {
  for (let id = 1; id <= historyRows; id += 1) {
    const row = { session_id: id % 50, at: T0 + id, event: 'leased', lease_id: null, holder: 'key:1' };
    insert(sqlite, 'history', { id: id * 2, ...row, detail: id % 3 === 0 ? `😀 line\n${id}` : null });
  }
  // Ordered by bytes here; a server with another collation may order them differently.
  for (const key of ['a', 'B', 'ä', 'Z', '_', 'é', 'e\u0301', ' ', '😀', '\uFB00']) {
    const row = { holder: 'key:1', key, session_id: 2, lease_id: `lease ${key}`, created_at: T0 };
    insert(sqlite, 'idempotency_keys', { ...row, repeats: 3 });
  }
  const sampled = { free: 5, in_use: 4, in_floodwait: 3, unavailable: 2, waiting: 1 };
  insert(sqlite, 'pool_samples', { step: 60, at: T0, ...sampled, leases: 7, waited_ms: SIZE_BYTES });
  insert(sqlite, 'pool_samples', { step: 3600, at: T0 });
  insert(sqlite, 'ended_sign_ins', { id: 'sign-in', until: UNTIL });
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
  insert(sqlite, 'key_value', { name: 'clock.anchor', value: '{"bootId":null,"monotonic":1,"steady":2}' });
  insert(sqlite, 'key_value', { name: 'sessions.device', value: '42' });
}

/** A source, its runs and what they stored; and sources of which little is said. The sessions 1 and 2 are there. */
function addScraping(sqlite: Database): void {
  addSources(sqlite);
  addRuns(sqlite);
  addFiles(sqlite);
  insert(sqlite, 'checkpoints', {
    source_id: 1,
    last_message_id: 2 ** 31 - 1,
    month_path: 'é/2025-03',
    month_bytes: 7,
  });
  insert(sqlite, 'checkpoints', { source_id: 2, last_message_id: 0, month_path: null, month_bytes: 0 });
  // Ordered by bytes here; a server with another collation may order them differently.
  for (const identifier of ['@b', '@B', '@ä', '-1001', '@_']) {
    const peer = { session_id: 1, identifier, channel_id: '-1009007199254740993', title: '😀' };
    insert(sqlite, 'peers', { ...peer, access_hash: '-9223372036854775808', username: null });
  }
  for (const made of [0, 1]) {
    const resolve = { session_id: 1, at: T0 + made, channel: '@b', made };
    insert(sqlite, 'resolves', { ...resolve, lease_id: made === 1 ? 'lease' : null });
  }
  const used = { used_up_until: UNTIL, per_day: 150 };
  insert(sqlite, 'resolve_budgets', { session_id: 1, lowered_to: 90, lowered_at: T0, ...used });
  insert(sqlite, 'resolve_budgets', { session_id: 2 });
}

function addSources(sqlite: Database): void {
  const little = { access_level: 'public', target: 'LOCAL', is_active: 0, created_at: T0, updated_at: T0 };
  insert(sqlite, 'sources', {
    ...{ ...little, name: 'all "ö"', identifier: '-1001', channel_title: 'Ö', access_level: 'private' },
    ...{ target: 'S3', target_path: 'a/b', session_id: 2, file_types: JSON.stringify(FILE_TYPES) },
    ...{
      schedule: '*/5 * * * *',
      is_active: 1,
      api_id: 2 ** 31 - 1,
      api_hash: 'encrypted',
      bot_token: 'too',
      bot_session: 'as well',
    },
    ...{ last_scraped_at: T0 + 1, total_messages: 12, total_files: 3 },
  });
  insert(sqlite, 'sources', { ...little, name: 'every file', identifier: '@every' });
  insert(sqlite, 'sources', { ...little, name: 'no file', identifier: '@none', file_types: '[]' });
  const deployment = { deployment_id: 'd-1', synced: '{"name":"ö"}', revision: 3, synced_revision: 2 };
  insert(sqlite, 'deployments', { ...deployment, source_id: 1, foreign_schedule: 'RRULE:😀', error: 'why' });
  insert(sqlite, 'deployments', { source_id: 2 });
  // Of a source that was deleted.
  insert(sqlite, 'deployments', { ...deployment, source_id: 49 });
}

function addRuns(sqlite: Database): void {
  const run = { source_id: 1, reason: 'schedule', created_at: T0 };
  insert(sqlite, 'runs', {
    ...{ ...run, state: 'running', error: 'why', session_name: 'leased', waiting_since: T0, owner: 'r:1' },
    ...{ owned_until: T0 + 9, cancel_requested: 1, not_before: T0, bytes_done: SIZE_BYTES, started_at: T0 },
    ...{ total_messages: 99, message_limit: 500, since: T0, file_types: JSON.stringify(FILE_TYPES) },
    ...{ flow_run_id: 'flow-1', flow_reported: 0, flow_logs_sent: 1, flow_logs_due: 1 },
  });
  insert(sqlite, 'runs', { ...run, state: 'completed', finished_at: T0 + 5 });
  for (const level of ['info', 'error']) {
    insert(sqlite, 'run_logs', { run_id: 1, at: T0, level, message: '😀 line\n2' });
  }
}

function addFiles(sqlite: Database): void {
  const file = { source_id: 1, mime_type: 'application/pdf', size_bytes: SIZE_BYTES, created_at: T0 };
  const stored = { path: 'a/ü.pdf', sha256: Buffer.alloc(32, 9), state: 'stored', reason: null };
  insert(sqlite, 'files', { ...file, run_id: 1, message_id: 2 ** 31 - 1, name: 'ü.pdf', ...stored });
  const skipped = { path: null, sha256: null, state: 'skipped', reason: 'too large' };
  // Of a run that was forgotten.
  insert(sqlite, 'files', { ...file, run_id: 77, message_id: 1, name: '', ...skipped });
}

/** Puts a row into a table. */
function insert(sqlite: Database, table: string, row: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(row);
  const placeholders = names.map((name) => `@${name}`);
  sqlite.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${placeholders.join(', ')})`).run(row);
}
