import { statSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { MIGRATIONS, openAt } from '../storage/databases.js';
import { describeWithServer, openPostgres, POSTGRES_MIGRATIONS } from '../storage/databases_postgres.js';
import { refusal, startCommand, succeed } from './command.js';
import { makeOlderFile, makeOlderServer, nameIn, namesOf, withDatabases } from './databases.js';

const describe = await describeWithServer();

describe('telegate db migrate', () => {
  it(
    'reports from which version to which it upgraded a file, and that nothing is left to do',
    withDatabases(async ({ path }) => {
      makeOlderFile(path('a.db'), path('first'));
      const [first, ...later] = namesOf(MIGRATIONS);
      const migrate = ['db', 'migrate', '--database', `sqlite:${path('a.db')}`] as const;
      expect(await succeed(...migrate)).toBe(`The schema was upgraded from ${first} to ${later.at(-1)}.\n`);
      expect(await succeed(...migrate)).toBe(`Nothing to do: the schema is ${later.at(-1)}.\n`);
      const database = await openAt(path('a.db'));
      expect(await database.intake.total()).toBe(0);
      await database.close();
    }),
  );

  it(
    'does the same on a server, whether replicas are running or not',
    withDatabases(async ({ path, server }) => {
      const url = await server();
      await makeOlderServer(url, path('first'));
      const [first, ...later] = namesOf(POSTGRES_MIGRATIONS);
      const migrate = ['db', 'migrate', '--database', url] as const;
      expect(await succeed(...migrate)).toBe(`The schema was upgraded from ${first} to ${later.at(-1)}.\n`);
      const running = await openPostgres(nameIn(url));
      expect(await succeed(...migrate)).toBe(`Nothing to do: the schema is ${later.at(-1)}.\n`);
      await running.close();
    }),
  );

  it(
    'creates the configured database if there is none, for its owner only',
    withDatabases(async ({ path }) => {
      const { exit, stdout } = await startCommand(['db', 'migrate'], { DATA_DIR: path('data') }).ended;
      expect({ exit, stdout }).toEqual({
        exit: 0,
        stdout: `The schema was upgraded from nothing to ${namesOf(MIGRATIONS).at(-1)}.\n`,
      });
      expect(statSync(path('data/telegate.db')).mode & 0o777).toBe(0o600);
    }),
  );

  it(
    'refuses a file in use, an unreachable server and an invalid URL, without passwords',
    withDatabases(async ({ path }) => {
      const running = await openAt(path('a.db'));
      const migrate = (url: string) => refusal('db', 'migrate', '--database', url);
      expect(await migrate(`sqlite:${path('a.db')}`)).toContain('a.db is in use by another TeleGate');
      await running.close();
      const dead = await migrate('postgres://me:hidden@127.0.0.1:1/d');
      expect(dead).toContain("127.0.0.1:1/d can't be reached");
      const wrong = await migrate('postgres://me:hidden@h');
      expect(wrong).toContain('--database: expected');
      for (const told of [dead, wrong]) expect(told).not.toContain('hidden');
    }),
  );
});
