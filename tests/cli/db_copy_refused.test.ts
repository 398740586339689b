import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { openAt } from '../storage/databases.js';
import { describeWithServer, openPostgres } from '../storage/databases_postgres.js';
import { onServer } from '../storage/server.js';
import { refusal, succeed } from './command.js';
import { countsOnServer, nameIn, withDatabases } from './databases.js';
import { makeFull } from './full_database.js';

const describe = await describeWithServer();

describe('telegate db copy refuses', () => {
  it(
    'a server whose tables have rows, and names them',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3);
      const url = await server(true);
      await onServer("INSERT INTO key_value VALUES ('f', '1')", url);
      await onServer("INSERT INTO proxies (type, host, port) VALUES ('http', 'h', 1)", url);
      const told = await refusal('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      expect(told).toContain('is not empty: there are rows in proxies, key_value.');
      expect(await countsOnServer(url)).toEqual({ key_value: 1, proxies: 1 });
    }),
  );

  it(
    'a file that has rows or is something else, and leaves it unchanged',
    withDatabases(async ({ path, directory }) => {
      makeFull(path('a.db'), 3);
      makeFull(path('b.db'), 3);
      const other = new Database(path('c.db'));
      other.exec('CREATE TABLE recipes (name)');
      other.close();
      const files = readdirSync(directory);
      const before = readFileSync(path('c.db'));
      const copy = (to: string) =>
        refusal('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', `sqlite:${to}`);
      expect(await copy(path('b.db'))).toContain(
        'is not empty: there are rows in proxies, sessions, session_tags',
      );
      expect(await copy(path('c.db'))).toContain('c.db already exists and is not a TeleGate database');
      expect(readFileSync(path('c.db')).equals(before)).toBe(true);
      expect(readdirSync(directory)).toEqual(files);
    }),
  );

  it(
    'a source that does not exist, and creates none',
    withDatabases(async ({ path, directory, server }) => {
      const to = ['--to', `sqlite:${path('b.db')}`] as const;
      expect(await refusal('db', 'copy', '--from', `sqlite:${path('a.db')}`, ...to)).toContain(
        'a.db does not exist',
      );
      const url = new URL(await server());
      url.pathname = '/not_there';
      expect(await refusal('db', 'copy', '--from', url.href, ...to)).toContain('"not_there" does not exist');
      expect(readdirSync(directory)).toEqual([]);
    }),
  );

  it(
    'a source of an older or a newer version, or of none',
    withDatabases(async ({ path, server }) => {
      const to = ['--to', `sqlite:${path('b.db')}`] as const;
      makeFull(path('a.db'), 3);
      const date = (expression: string) => {
        const sqlite = new Database(path('a.db'));
        sqlite.exec(`UPDATE __drizzle_migrations SET created_at = ${expression}`);
        sqlite.close();
      };
      date('created_at - 1');
      const from = ['db', 'copy', '--from', `sqlite:${path('a.db')}`] as const;
      expect(await refusal(...from, ...to)).toContain('run `telegate db migrate` on it first');
      date('created_at + 2');
      expect(await refusal(...from, ...to)).toContain('belongs to a newer version of TeleGate');
      expect(await refusal('db', 'copy', '--from', await server(), ...to)).toContain(
        'is not a TeleGate database',
      );
      expect(existsSync(path('b.db'))).toBe(false);
    }),
  );

  it(
    'to copy a database into itself, by any of its names',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3);
      symlinkSync(path('a.db'), path('link.db'));
      const file = ['--from', `sqlite:${path('a.db')}`, '--to', `file:${path('link.db')}`] as const;
      expect(await refusal('db', 'copy', ...file)).toContain('is the source of the copy itself');
      const url = new URL(await server(true));
      const other = new URL(url);
      other.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
      const told = await refusal('db', 'copy', '--from', url.href, '--to', other.href);
      expect(told).toContain('is the source of the copy itself');
    }),
  );

  it(
    'a file used by a running service',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3);
      const running = await openAt(path('a.db'));
      const url = await server();
      const told = await refusal('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      expect(told).toContain('a.db is in use by another TeleGate');
      await running.close();
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
    }),
  );

  it(
    'a server used by a running service, as source and as target',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3);
      const url = await server(true);
      const running = await openPostgres(nameIn(url), { applicationName: 'telegate' });
      const from = await refusal('db', 'copy', '--from', url, '--to', `sqlite:${path('b.db')}`);
      const to = await refusal('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      for (const told of [from, to]) expect(told).toContain('stop all its replicas');
      await running.close();
      expect(existsSync(path('b.db'))).toBe(false);
      expect(await countsOnServer(url)).toEqual({});
    }),
  );

  it(
    'an invalid or unreachable URL, by its option and without its password',
    withDatabases(async ({ path }) => {
      makeFull(path('a.db'), 3);
      const from = ['db', 'copy', '--from', `sqlite:${path('a.db')}`] as const;
      const wrong = await refusal(...from, '--to', 'mysql://me:hidden@h/d');
      expect(wrong).toContain('--to: expected sqlite:PATH');
      const dead = await refusal(...from, '--to', 'postgres://me:hidden@127.0.0.1:1/d');
      expect(dead).toContain("127.0.0.1:1/d can't be reached");
      for (const told of [wrong, dead]) expect(told).not.toContain('hidden');
    }),
  );
});
