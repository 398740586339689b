import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import pg from 'pg';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { isUnused, onServer } from '../storage/server.js';
import { command, startCommand, succeed } from './command.js';
import { countsOnServer, withDatabases } from './databases.js';
import { makeFull } from './full_database.js';

const describe = await describeWithServer();

/** Makes `body` run whenever a row is put into a table of the server. */
async function onInsert(url: string, table: string, body: string): Promise<void> {
  await onServer(
    `CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$`,
    url,
  );
  await onServer(
    `CREATE TRIGGER meddle BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION meddle()`,
    url,
  );
}

/** Holds copies to the server up at the last table; `goOn` lets them go. */
async function heldUp(url: string): Promise<{ reached(): Promise<void>; goOn(): Promise<void> }> {
  await onInsert(url, 'key_value', 'PERFORM pg_advisory_xact_lock(4711)');
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('SELECT pg_advisory_lock(4711)');
  const waiting = `SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND NOT granted AND objid = 4711 AND datname = current_database()`;
  return {
    reached: () => until(async () => (await onServer(waiting, url)).length > 0),
    goOn: () => holder.end(),
  };
}

describe('an interrupted copy', () => {
  it.each([
    ['SIGKILL', 'SIGKILL', ''],
    ['SIGINT', 130, 'Cancelled. Nothing of it was kept.'],
  ] as const)('by %s leaves nothing in PostgreSQL, and can be repeated', (signal, exit, told) =>
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3000);
      const url = await server(true);
      const args = ['db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url];
      const held = await heldUp(url);
      const copy = startCommand(args);
      await held.reached();
      copy.process.kill(signal);
      if (signal === 'SIGKILL') await copy.ended;
      await held.goOn();
      expect(await copy.ended).toMatchObject({ exit, stdout: '', stderr: expect.stringContaining(told) });
      await until(() => isUnused(url));
      expect(await countsOnServer(url)).toEqual({});
      await succeed(...args);
    })(),
  );

  it.each(['SIGKILL', 'SIGINT'] as const)('by %s leaves no file, and can be repeated', (signal) =>
    withDatabases(async ({ path, directory, server }) => {
      makeFull(path('a.db'), 20_000);
      const url = await server();
      await succeed('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      const args = ['db', 'copy', '--from', url, '--to', `sqlite:${path('b.db')}`];
      const copy = startCommand(args);
      await until(() => existsSync(path('b.db.partial')));
      copy.process.kill(signal);
      expect((await copy.ended).exit).toBe(signal === 'SIGKILL' ? signal : 130);
      expect(existsSync(path('b.db'))).toBe(false);
      await until(() => isUnused(url));
      await succeed(...args);
      expect(readdirSync(directory).sort()).toEqual(['a.db', 'a.db.lock', 'b.db', 'b.db.lock']);
    })(),
  );
});

describe('the verification of a copy', () => {
  it.each([
    [
      'that was changed on its way',
      'sessions',
      "NEW.tags := array_append(NEW.tags, 'x')",
      /sessions, id 1 differs in tags\./,
    ],
    [
      'of which one bit is another',
      'sessions',
      'NEW.auth_key_sha256 := set_bit(NEW.auth_key_sha256, 9, 0)',
      /sessions, id \d+ differs in auth_key_sha256\./,
    ],
    [
      'that was dropped',
      'history',
      'IF NEW.id = 1000 THEN RETURN NULL; END IF',
      /history, id 1000 is missing/,
    ],
    [
      'that was put elsewhere',
      'idempotency_keys',
      "NEW.key := NEW.key || 'x'",
      /idempotency_keys, holder key:1, key .+ is missing/,
    ],
  ])('finds a row %s, and keeps nothing', (_, table, body, told) =>
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3000);
      const url = await server(true);
      await onInsert(url, table, body);
      const { exit, stderr } = await command('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      expect(exit).toBe(1);
      expect(stderr).toMatch(told);
      expect(stderr).toContain('Nothing of it was kept.');
      expect(await countsOnServer(url)).toEqual({});
    })(),
  );

  it(
    'names the row with a value that PostgreSQL cannot store',
    withDatabases(async ({ path, server }) => {
      makeFull(path('a.db'), 3);
      const sqlite = new Database(path('a.db'));
      sqlite.prepare('UPDATE history SET detail = ? WHERE id = 4').run('a\0b');
      sqlite.close();
      const url = await server();
      const { exit, stderr } = await command('db', 'copy', '--from', `sqlite:${path('a.db')}`, '--to', url);
      expect(exit).toBe(1);
      expect(stderr).toContain('history, id 4: detail contains a NUL character');
      expect(await countsOnServer(url)).toEqual({});
    }),
  );
});
