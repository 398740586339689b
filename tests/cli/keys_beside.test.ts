import { expect, it } from '@jest/globals';
import { Program } from '../main/program.js';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { onServer } from '../storage/server.js';
import { type Ended, startCommand } from './command.js';
import { makeOlderServer, type TestDatabases, withDatabases } from './databases.js';

const describe = await describeWithServer();

const BOOTSTRAP = { API_KEYS: 'admin-key-of-tests' };

/** Runs the test beside a running service. */
const besideService = (test: (url: string, database: string) => Promise<void>) =>
  withDatabases(async ({ directory, server }: TestDatabases) => {
    const database = await server();
    const service = new Program(directory, { ...BOOTSTRAP, DATABASE_URL: database });
    try {
      const { url } = await service.ready();
      await test(url, database);
    } finally {
      if (service.exit === undefined) service.kill('SIGTERM');
      await service.ended();
    }
  });

const keys = (database: string, ...args: readonly string[]): Promise<Ended> =>
  startCommand(['keys', ...args], { DATABASE_URL: database }).ended;

const status = async (url: string, key: string) =>
  (await fetch(`${url}/status`, { headers: { 'X-API-Key': key } })).status;

describe('telegate keys next to a running service on PostgreSQL', () => {
  it(
    'creates a key that the service accepts, lists it and revokes it',
    besideService(async (url, database) => {
      const made = await keys(database, 'create', 'bob', '--role', 'monitor', '--max-leases', '3');
      const key = made.stdout.trim();
      expect(key).toMatch(/^tg_[\w-]{43}$/);
      expect(await status(url, key)).toBe(200);
      const listed = await keys(database, 'list');
      expect(listed).toMatchObject({ exit: 0, stdout: '1\tmonitor\t3 leases\tbob\n', stderr: '' });
      expect(await keys(database, 'revoke', '1')).toMatchObject({ exit: 0 });
      // The service notices within seconds.
      await until(async () => (await status(url, key)) === 403);
    }),
  );

  it(
    'creates a key for a user whom the system does not know, as in a container',
    besideService(async (url, database) => {
      const nameless = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
        os.userInfo = () => { throw new Error('no such user'); }; syncBuiltinESMExports();`;
      const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(nameless)}`;
      const made = await startCommand(['keys', 'create', 'eve'], { DATABASE_URL: database, NODE_OPTIONS })
        .ended;
      expect(made).toMatchObject({ exit: 0, stderr: '' });
      expect(await status(url, made.stdout.trim())).toBe(200);
      expect(await onServer('SELECT action, key_name FROM audit_log', database)).toEqual([
        { action: 'key.create', key_name: expect.stringMatching(/^uid \d+$/) },
      ]);
    }),
  );

  it(
    'lists keys to a reader that goes away, without a word',
    besideService(async (_, database) => {
      expect(await keys(database, 'create', 'ann')).toMatchObject({ exit: 0 });
      const { process: listing, ended } = startCommand(['keys', 'list'], { DATABASE_URL: database });
      listing.stdout?.destroy();
      expect(await ended).toEqual({ exit: 0, stdout: '', stderr: '' });
    }),
  );

  it(
    'does not upgrade the schema, and says what does',
    withDatabases(async ({ path, server }) => {
      const database = await server();
      await makeOlderServer(database, path('first'));
      const { exit, stderr } = await keys(database, 'list');
      expect(exit).toBe(1);
      expect(stderr).toContain(
        'belongs to an older version of TeleGate: run `telegate db migrate` on it first.',
      );
      const migrations = await onServer('SELECT 1 FROM drizzle.__drizzle_migrations', database);
      expect(migrations).toHaveLength(1);
    }),
  );

  it('names the server that does not answer, without its password', async () => {
    const { exit, stderr } = await keys('postgres://me:hidden@127.0.0.1:1/d', 'list');
    expect(exit).toBe(1);
    expect(stderr).toContain('PostgreSQL at 127.0.0.1:1/d');
    expect(stderr).not.toMatch(/hidden|^\s+at /m);
  });
});
