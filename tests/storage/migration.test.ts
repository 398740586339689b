import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { SqliteDatabase } from '../../src/storage/sqlite/database.js';
import { by, found, put, T0, tally, wish } from '../contracts/stores.js';
import { inDirectory, MIGRATIONS, openAt } from './databases.js';

/** A directory with only the migrations up to this one. */
function migrationsTo(last: string, directory: string): string {
  const migrations = join(directory, 'migrations');
  mkdirSync(join(migrations, 'meta'), { recursive: true });
  const journal = JSON.parse(readFileSync(join(MIGRATIONS, 'meta', '_journal.json'), 'utf8'));
  const entries = journal.entries.filter(({ tag }: { tag: string }) => tag <= last);
  writeFileSync(join(migrations, 'meta', '_journal.json'), JSON.stringify({ ...journal, entries }));
  for (const { tag } of entries) cpSync(join(MIGRATIONS, `${tag}.sql`), join(migrations, `${tag}.sql`));
  return migrations;
}

const NAMES = ['Alpha', 'ALPHA', 'Мария', 'CAFE\u0301', 'leased'];

/** A database as the first version left it: sessions of these names, the last one leased. */
function makeOld(path: string, directory: string): void {
  const sqlite = new Database(path);
  migrate(drizzle(sqlite), { migrationsFolder: migrationsTo('0000_pool', directory) });
  const insert = sqlite.prepare(
    `INSERT INTO sessions (name, file, fingerprint, format, tags, rest, state, state_until, last_used_at,
       lease_id, lease_holder, lease_ttl_seconds, created_at, updated_at)
     VALUES (@name, @name || '.session', 'print of ' || @name, 'unknown', '[]', 'free', @state, @until, 0,
       @lease, 'key:1', 600, ${T0}, ${T0})`,
  );
  for (const name of NAMES.slice(0, -1)) insert.run({ name, state: 'free', until: null, lease: null });
  insert.run({ name: 'leased', state: 'leased', until: T0 + 600_000, lease: 'L' });
  const count = sqlite.prepare('INSERT INTO counts VALUES (?, ?)');
  for (const [name, n] of [
    ['state:free', 4] as const,
    ['state:leased', 1] as const,
    ['holder:key:1', 1] as const,
  ])
    count.run(name, n);
  sqlite.close();
}

const foldedNames = (path: string) => {
  const sqlite = new Database(path, { readonly: true });
  const names = sqlite.prepare('SELECT folded_name FROM sessions ORDER BY id').pluck().all();
  sqlite.close();
  return names;
};

describe('a database of the first version', () => {
  it('is opened without loss: rows, leases and counts', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      makeOld(path, directory);
      const database = await openAt(path);
      const rows = await database.sessions.sessions({ skip: 0, limit: 9 });
      expect(rows.map(({ name }) => name)).toEqual(NAMES);
      expect(rows[2]).toMatchObject({ file: 'Мария.session', apiHash: null, lastCheckedAt: null });
      expect(tally(await database.pool.counts(T0))).toEqual({ free: 4, leased: 1 });
      expect(await database.pool.renew(5, by({ leaseId: 'L' }), null, T0)).toMatchObject({ kind: 'renewed' });
      expect(await database.intake.apply([put(found('Мария'))], T0)).toMatchObject({ added: 0, updated: 0 });
      expect(await database.pool.acquire(wish({ sessionName: 'Мария' }), T0)).toMatchObject({
        kind: 'granted',
      });
      await database.close();
    }));

  it('has its names folded, whatever their letters, and only once', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      makeOld(path, directory);
      for (let turn = 0; turn < 2; turn += 1) {
        const database = await openAt(path);
        const wanted = { phoneNumber: null, authKeySha256: null, loginId: null, replaces: null };
        expect(await database.logins.conflict({ ...wanted, name: 'мария' })).toMatchObject({ sessionId: 3 });
        expect(await database.logins.conflict({ ...wanted, name: 'aLPHA' })).toMatchObject({ sessionId: 1 });
        await database.close();
        expect(foldedNames(path)).toEqual(['alpha', 'alpha', 'мария', 'café', 'leased']);
      }
    }));

  it('is refused for a command until the service has opened it', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      makeOld(path, directory);
      const beside = () => SqliteDatabase.open({ path, migrations: MIGRATIONS, beside: true });
      await expect(beside()).rejects.toThrow(`${path} belongs to an older version of TeleGate`);
      const database = await openAt(path);
      const second = await beside();
      expect(await second.stores.access.keys()).toEqual([]);
      await second.close();
      await database.pool.release(5, by({ leaseId: 'L' }), null, T0);
      await database.close();
    }));
});

describe('a database of before there were deployments', () => {
  it('has one, which is due, for each source', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      const sqlite = new Database(path);
      migrate(drizzle(sqlite), { migrationsFolder: migrationsTo('0008_words', directory) });
      for (const id of [3, 7]) {
        sqlite.exec(`INSERT INTO sources (id, name, identifier, access_level, target, is_active, created_at, updated_at)
          VALUES (${id}, 'news', '@news', 'public', 'LOCAL', 1, ${T0}, ${T0})`);
      }
      sqlite.close();
      const database = await openAt(path);
      expect(await database.prefect.dueDeployments(0, 9)).toMatchObject([
        {
          deployment: { sourceId: 3, revision: 1, syncedRevision: 0, deploymentId: null },
          source: { id: 3 },
        },
        { deployment: { sourceId: 7 } },
      ]);
      await database.close();
    }));
});
