import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { migrateDatabase } from '../../src/storage/postgres/migrating.js';
import type { Stores } from '../contracts/stores.js';
import { MIGRATIONS, openAt } from '../storage/databases.js';
import {
  dropDatabase,
  makeDatabase,
  optionsFor,
  POSTGRES_MIGRATIONS,
} from '../storage/databases_postgres.js';
import { onServer, urlOf } from '../storage/server.js';

/** The databases of one test. */
export interface TestDatabases {
  readonly directory: string;
  /** The path of a file. */
  path(name: string): string;
  /** The URL of a new database of the server: empty, or with the schema in place. */
  server(migrated?: boolean): Promise<string>;
}

/** Runs the test with databases that are dropped afterwards. */
export function withDatabases(test: (databases: TestDatabases) => Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'command-'));
    const made: string[] = [];
    try {
      await test({
        directory,
        path: (name) => join(directory, name),
        async server(migrated = false) {
          const name = await makeDatabase(migrated);
          made.push(name);
          return urlOf(name);
        },
      });
    } finally {
      for (const name of made) await dropDatabase(name);
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

/** The name of the database of a URL. */
export function nameIn(url: string): string {
  return new URL(url).pathname.slice(1);
}

/** The names of all migrations in a directory, oldest first. */
export function namesOf(migrations: string): string[] {
  const journal = JSON.parse(readFileSync(join(migrations, 'meta', '_journal.json'), 'utf8'));
  return journal.entries.map(({ tag }: { tag: string }) => tag);
}

/** Makes a file as the first version left it. `directory`: where the first migration is put. */
export function makeOlderFile(path: string, directory: string): void {
  const sqlite = new Database(path);
  migrate(drizzle(sqlite), { migrationsFolder: firstOf(MIGRATIONS, directory) });
  sqlite.close();
}

/** As `makeOlderFile`, in an empty database of the server. */
export async function makeOlderServer(url: string, directory: string): Promise<void> {
  await migrateDatabase(optionsFor(nameIn(url)), firstOf(POSTGRES_MIGRATIONS, directory));
}

function firstOf(migrations: string, directory: string): string {
  mkdirSync(join(directory, 'meta'), { recursive: true });
  const journal = JSON.parse(readFileSync(join(migrations, 'meta', '_journal.json'), 'utf8'));
  const [first] = journal.entries;
  writeFileSync(join(directory, 'meta', '_journal.json'), JSON.stringify({ ...journal, entries: [first] }));
  cpSync(join(migrations, `${first.tag}.sql`), join(directory, `${first.tag}.sql`));
  return directory;
}

/** All rows of a file by table, as SQLite itself puts them; `counts`, which each copy makes anew, without shards. */
export function keptInFile(path: string): Record<string, unknown[]> {
  const sqlite = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const tables = sqlite
      .prepare<[], string>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('__drizzle_migrations', 'counts')",
      )
      .pluck()
      .all();
    return Object.fromEntries(tables.sort().map((table) => [table, rowsOf(sqlite, table)]));
  } finally {
    sqlite.close();
  }
}

/** How many rows each table of a database has, of those that have any. */
export async function countsOnServer(url: string): Promise<Record<string, number>> {
  const tables = await onServer("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", url);
  const counted: [string, number][] = [];
  for (const { tablename } of tables) {
    const [row] = await onServer(`SELECT count(*)::int AS n FROM ${tablename}`, url);
    if (Number(row?.n) > 0) counted.push([String(tablename), Number(row?.n)]);
  }
  return Object.fromEntries(counted);
}

function rowsOf(sqlite: Database.Database, table: string): string[] {
  const rows = sqlite.prepare(`SELECT * FROM "${table}"`).all();
  return rows.map((row) => JSON.stringify(row)).sort();
}

/** Stores over a file. */
export async function openStoresAt(path: string): Promise<Stores> {
  const database = await openAt(path);
  const { pool, intake, access, audit, sessions, logins, sources, runs, runLists, monitoring, prefect } =
    database;
  const { healthScores, tagLimits, peers, egress } = database;
  return {
    ...{ pool, intake, access, audit, sessions, logins, sources, runs, runLists, monitoring, prefect },
    ...{ healthScores, tagLimits, peers, egress },
    nextDeadline: () => database.nextDeadline(),
    onFreed: (listener) => database.onFreed(listener),
    onHappened: (listener) => database.onHappened(listener),
    close: () => database.close(),
  };
}

/** What a file must keep on its way through PostgreSQL: all but what is of its own clock. */
export function withoutAnchor(kept: Record<string, unknown[]>): Record<string, unknown[]> {
  const keyValue = kept.key_value?.filter((row) => !String(row).includes('clock.anchor')) ?? [];
  return { ...kept, key_value: keyValue };
}
