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

/** Takes back what the last migration did: the words of the version before. */
const BACK = [
  'ALTER TABLE key_value RENAME TO facts',
  'ALTER TABLE sessions RENAME COLUMN base_state TO rest',
  'ALTER TABLE sessions RENAME COLUMN base_state_reason TO rest_reason',
  'ALTER TABLE sessions RENAME COLUMN method_flooded TO limited',
  "UPDATE counts SET name = 'limited' WHERE name = 'method_flooded'",
  "UPDATE history SET event = 'given_back' WHERE event = 'undelivered'",
  "UPDATE history SET event = 'rekeyed' WHERE event = 'auth_key_changed'",
];

const forgetLast = (table: string) =>
  `DELETE FROM ${table} WHERE created_at = (SELECT max(created_at) FROM ${table})`;

describe('a database of the version before, full of leases, floods, logins, sources and runs', () => {
  it(
    'in SQLite is opened, keeps every row, and goes on',
    withDatabases(async ({ path, server }) => {
      // Copied by way of the server, so that it has its counts, too.
      makeFull(path('a.db'), 500);
      const url = await server();
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      await succeed('db', 'copy', '--from', url, '--to', `sqlite:${path('b.db')}`);
      copyFileSync(path('b.db'), path('c.db'));
      const sqlite = new Sqlite(path('c.db'));
      for (const statement of [...BACK, forgetLast('__drizzle_migrations')]) sqlite.exec(statement);
      sqlite.close();
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
