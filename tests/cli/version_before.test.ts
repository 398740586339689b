import { copyFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { openAt } from '../storage/databases.js';
import { describeWithServer, openPostgres, postgresStores } from '../storage/databases_postgres.js';
import { onServer } from '../storage/server.js';
import { succeed } from './command.js';
import { keptInFile, nameIn, openStoresAt, withDatabases, withoutAnchor } from './databases.js';
import { makeFull } from './full_database.js';
import { goesOn } from './going_on.js';

const describe = await describeWithServer();

/** Clears what the version before could not hold, and what this one does not keep. */
const CLEARED = [
  ...['session_days', 'tag_limits', 'resolves', 'resolve_budgets'].map((table) => `DELETE FROM ${table}`),
  `UPDATE sessions SET condition = 'alive', condition_detail = NULL, uses_day = 0, uses_today = 0, used_up_until = NULL,
     health_penalty = 0, health_reasons = '[]', lease_fence = NULL`,
  'DELETE FROM peers WHERE identifier <> lower(identifier)',
  'DELETE FROM pool_samples',
  'DELETE FROM ended_sign_ins',
  'DELETE FROM deployments',
  'INSERT INTO deployments (source_id) SELECT id FROM sources',
  `UPDATE runs SET total_messages = NULL, message_limit = NULL, since = NULL, file_types = NULL, flow_run_id = NULL,
     flow_reported = true, flow_logs_sent = 0, flow_logs_due = false, sessions = NULL`,
];

/** What sorted and searched lists need; only PostgreSQL has the last one of these. */
const LIST_INDEXES = [
  ...['sessions_by_creation', 'sessions_by_update'],
  ...['audit_log_by_holder', 'runs_by_state', 'sessions_by_name'],
];

/** What is known of accounts, and counted of sessions. */
const ACCOUNT_COLUMNS = [
  ...['condition', 'condition_detail', 'uses_day', 'uses_today', 'used_up_until'],
  ...['health_penalty', 'health_reasons'],
];

/** Takes back what the last migrations did, latest first: peers, fences, readers, accounts, lists and charts, deployments and flow runs, the words. */
const BACK = [
  ...['resolves', 'resolve_budgets'].map((table) => `DROP TABLE ${table}`),
  ...['peers_by_channel', 'peers_by_use', 'peers_by_identifier'].map((index) => `DROP INDEX ${index}`),
  'ALTER TABLE peers DROP COLUMN type',
  'ALTER TABLE sessions DROP COLUMN lease_fence',
  dropColumnOfRuns('sessions'),
  'DROP INDEX sessions_by_health',
  ...['session_days', 'tag_limits'].map((table) => `DROP TABLE ${table}`),
  ...ACCOUNT_COLUMNS.map((column) => `ALTER TABLE sessions DROP COLUMN ${column}`),
  ...LIST_INDEXES.map((index) => `DROP INDEX IF EXISTS ${index}`),
  'DROP TABLE pool_samples',
  'DROP TABLE ended_sign_ins',
  'DROP TABLE deployments',
  ...['runs_by_flow_run', 'runs_unreported', 'runs_with_logs_due'].map((index) => `DROP INDEX ${index}`),
  ...['total_messages', 'message_limit', 'since', 'file_types'].map(dropColumnOfRuns),
  ...['flow_run_id', 'flow_reported', 'flow_logs_sent', 'flow_logs_due'].map(dropColumnOfRuns),
  'ALTER TABLE key_value RENAME TO facts',
  'ALTER TABLE sessions RENAME COLUMN base_state TO rest',
  'ALTER TABLE sessions RENAME COLUMN base_state_reason TO rest_reason',
  'ALTER TABLE sessions RENAME COLUMN method_flooded TO limited',
  "UPDATE counts SET name = 'limited' WHERE name = 'method_flooded'",
  "UPDATE history SET event = 'given_back' WHERE event = 'undelivered'",
  "UPDATE history SET event = 'rekeyed' WHERE event = 'auth_key_changed'",
];

function dropColumnOfRuns(column: string): string {
  return `ALTER TABLE runs DROP COLUMN ${column}`;
}

const forgetLast = (table: string) =>
  `DELETE FROM ${table} WHERE created_at IN (SELECT created_at FROM ${table} ORDER BY created_at DESC LIMIT 8)`;

function execute(path: string, statements: readonly string[]): void {
  const sqlite = new Sqlite(path);
  for (const statement of statements) sqlite.exec(statement);
  sqlite.close();
}

describe('a database of the version before, full of leases, floods, logins, sources and runs', () => {
  it(
    'in SQLite is opened, keeps every row, and goes on',
    withDatabases(async ({ path, server }) => {
      // Copied by way of the server, so that it has its counts, too.
      makeFull(path('a.db'), 500);
      const url = await server();
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      await succeed('db', 'copy', '--from', url, '--to', `sqlite:${path('b.db')}`);
      execute(path('b.db'), CLEARED);
      copyFileSync(path('b.db'), path('c.db'));
      execute(path('c.db'), [...BACK, forgetLast('__drizzle_migrations')]);
      expect(keptInFile(path('c.db'))).not.toHaveProperty('key_value');
      // Opening a file takes back what a process that died with it had claimed.
      for (const name of ['b.db', 'c.db']) await (await openAt(path(name))).close();
      expect(keptInFile(path('c.db'))).toEqual(keptInFile(path('b.db')));
      const stores = await openStoresAt(path('c.db'));
      await goesOn(stores);
      await stores.close();
    }),
  );

  it(
    'in PostgreSQL is opened, keeps every row, and goes on',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 500);
      execute(path('a.db'), CLEARED);
      const url = await server();
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      for (const statement of [...BACK, forgetLast('drizzle.__drizzle_migrations')])
        await onServer(statement, url);
      await expect(onServer('SELECT base_state FROM sessions', url)).rejects.toThrow();
      await (await openPostgres(nameIn(url))).close();
      await succeed('db', 'copy', '--from', url, '--to', `sqlite:${path('b.db')}`);
      expect(keptInFile(path('b.db'))).toEqual(withoutAnchor(keptInFile(path('a.db'))));
      const stores = postgresStores(await openPostgres(nameIn(url)));
      await goesOn(stores);
      await stores.close();
    }),
  );
});
