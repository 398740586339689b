import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { inDirectory, openAt } from './databases.js';
import { describeWithServer, dropDatabase, makeDatabase, openPostgres } from './databases_postgres.js';
import { onServer, urlOf } from './server.js';

const LATER = 'SET created_at = created_at + 1';

const REFUSED =
  'belongs to a newer version of TeleGate: use that version, or restore a backup that was made before the upgrade';

describe('a SQLite file that a newer version has upgraded', () => {
  it('is refused, and stays as it is', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      await (await openAt(path)).close();
      const sqlite = new Database(path);
      sqlite.exec(`UPDATE __drizzle_migrations ${LATER}`);
      sqlite.close();
      const before = readFileSync(path);
      await expect(openAt(path)).rejects.toThrow(`${path} ${REFUSED}`);
      expect(readFileSync(path).equals(before)).toBe(true);
    }));
});

const describeServer = await describeWithServer();

describeServer('a PostgreSQL database that a newer version has upgraded', () => {
  it('is refused by a replica of an older version that starts', async () => {
    const name = await makeDatabase();
    try {
      await onServer(`UPDATE drizzle.__drizzle_migrations ${LATER}`, urlOf(name));
      await expect(openPostgres(name)).rejects.toThrow(REFUSED);
    } finally {
      await dropDatabase(name);
    }
  });
});
