import { copyFileSync, existsSync, statSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { openAt } from '../storage/databases.js';
import { describeWithServer, openPostgres, postgresStores } from '../storage/databases_postgres.js';
import { onServer } from '../storage/server.js';
import { succeed } from './command.js';
import {
  countsOnServer,
  keptInFile,
  nameIn,
  openStoresAt,
  withDatabases,
  withoutAnchor,
} from './databases.js';
import { makeFull, TAGS, UNTIL, USER_ID } from './full_database.js';
import { goesOn } from './going_on.js';

const describe = await describeWithServer();

describe('telegate db copy', () => {
  it(
    'from SQLite to PostgreSQL and back gives the same rows, and reports each table',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'));
      const url = await server();
      const told = await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      expect(told).toMatch(/^sessions +12 rows copied, verified$/m);
      expect(told).toMatch(/^history +5000 rows copied, verified$/m);
      expect(told).toContain('ENCRYPTION_KEYS');
      await succeed('db', 'copy', '--from', url, '--to', `sqlite:${path('b.db')}`);
      expect(keptInFile(path('b.db'))).toEqual(withoutAnchor(keptInFile(path('a.db'))));
      expect(statSync(path('b.db')).mode & 0o777).toBe(0o600);
      expect(existsSync(path('b.db.partial'))).toBe(false);
    }),
  );

  it(
    'converts every value to its PostgreSQL type',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3);
      const url = await server();
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      const [row] = await onServer("SELECT * FROM sessions WHERE name = 'leased'", url);
      expect(row).toMatchObject({
        ...{ user_id: USER_ID, api_id: 2147483647, tags: TAGS, lease_renewed: true, inactive: false },
        ...{ auth_key_sha256: Buffer.alloc(32, 2), state_until: String(UNTIL) },
      });
      expect(await onServer('SELECT detail FROM history ORDER BY id', url)).toEqual([
        { detail: null },
        { detail: null },
        { detail: '😀 line\n3' },
      ]);
    }),
  );

  it(
    'lets a service continue in PostgreSQL, and then in SQLite: leases, counts, new ids',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 10);
      const url = await server();
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      await succeed('db', 'copy', '--from', url, '--to', `sqlite:${path('b.db')}`);
      const one = postgresStores(await openPostgres(nameIn(url)));
      await goesOn(one).finally(() => one.close());
      const other = await openStoresAt(path('b.db'));
      await goesOn(other).finally(() => other.close());
    }),
  );

  it(
    'from file to file keeps the clock of the leases',
    withDatabases(async ({ path }) => {
      makeFull(path('a.db'), 3);
      await succeed('db', 'copy', '--from', `file:${path('a.db')}`, '--to', `sqlite:${path('new/b.db')}`);
      expect(keptInFile(path('new/b.db'))).toEqual(keptInFile(path('a.db')));
    }),
  );

  it(
    'reads what a killed service left in its WAL',
    withDatabases(async ({ path }) => {
      makeFull(path('a.db'), 3);
      const running = await openAt(path('a.db'));
      await running.access.saveValue('late', 'in the log');
      for (const end of ['', '-wal']) copyFileSync(path(`a.db${end}`), path(`killed.db${end}`));
      await running.close();
      await succeed('db', 'copy', '--from', `sqlite:${path('killed.db')}`, '--to', `sqlite:${path('b.db')}`);
      const kept = keptInFile(path('b.db'));
      expect(kept).toEqual(keptInFile(path('a.db')));
      expect(String(kept.key_value)).toContain('in the log');
    }),
  );

  it(
    'from server to server keeps ids that were used, although their rows are gone',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 10);
      const [one, other] = [await server(), await server(true)];
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', one);
      await succeed('db', 'copy', '--from', one, '--to', other);
      expect(await countsOnServer(other)).toEqual(await countsOnServer(one));
      const stores = postgresStores(await openPostgres(nameIn(other)));
      await goesOn(stores).finally(() => stores.close());
    }),
  );
});
