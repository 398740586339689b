import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** What survives a restart: auth keys, authorizations, pending codes. */
export type State = Database.Database;

const tables = `
CREATE TABLE IF NOT EXISTS authorizations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  phone TEXT NOT NULL,
  dead TEXT,
  created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS authorizations_by_phone ON authorizations (phone);
CREATE TABLE IF NOT EXISTS auth_keys (
  dc_id INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  key BLOB NOT NULL,
  layer INTEGER,
  api_id INTEGER,
  authorization_id INTEGER,
  awaits_password TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (dc_id, key_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS codes (
  phone_code_hash TEXT PRIMARY KEY,
  phone TEXT NOT NULL,
  code TEXT NOT NULL,
  key_id TEXT NOT NULL,
  type TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/** Opens the state in `directory`, which is created if necessary (mode 0700, as it contains keys). */
export function openState(directory: string): State {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const state = new Database(join(directory, 'sandbox.sqlite'));
  // A killed process loses nothing; a power cut may cost the sandbox its last moments.
  state.pragma('journal_mode = WAL');
  state.pragma('synchronous = NORMAL');
  state.exec(tables);
  return state;
}

/** The secret `name`, which `make` creates on first use. */
export function secret(state: State, name: string, make: () => string): string {
  const found = state
    .prepare<[string], { value: string }>('SELECT value FROM secrets WHERE name = ?')
    .get(name);
  if (found !== undefined) return found.value;
  const value = make();
  state.prepare('INSERT INTO secrets (name, value) VALUES (?, ?)').run(name, value);
  return value;
}
