import { resolve } from 'node:path';
import { afterAll, describe } from '@jest/globals';
import pg from 'pg';
import type { PostgresOptions } from '../../src/storage/postgres/connect.js';
import { PostgresDatabase } from '../../src/storage/postgres/database.js';
import { migrateDatabase } from '../../src/storage/postgres/migrating.js';
import { nodeTimers } from '../../src/timers.js';
import type { Stores } from '../contracts/stores.js';

export const POSTGRES_MIGRATIONS = resolve('drizzle/postgres');

export const SURROUNDINGS = { random: Math.random, timers: nodeTimers };

// biome-ignore lint/style/noProcessEnv: where the tests run says which server there is.
const SERVER = process.env.TEST_DATABASE_URL || 'postgres://postgres@127.0.0.1:5432/postgres';

let made = 0;
let template: Promise<string> | null = null;

/** How the tests connect to a database of the server. */
export function optionsFor(database: string, over: Partial<PostgresOptions> = {}): PostgresOptions {
  const url = new URL(SERVER);
  url.pathname = `/${database}`;
  // Commits are as atomic as ever, and the server outlives every test.
  url.searchParams.set('options', '-c synchronous_commit=off');
  return {
    url: url.href,
    connections: 8,
    statementTimeoutMs: 20_000,
    connectTimeoutMs: 10_000,
    applicationName: 'telegate-test',
    ...over,
  };
}

/** Runs SQL as the server's owner, beside the database under test; the rows of its answer. */
export async function onServer(sql: string, url = SERVER): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** `describe`, or `describe.skip` and one line where no server answers. */
export async function describeWithServer(): Promise<typeof describe | typeof describe.skip> {
  try {
    await onServer('SELECT 1');
    return describe;
  } catch {
    process.stderr.write('No PostgreSQL answers (TEST_DATABASE_URL): its tests are skipped.\n');
    return describe.skip;
  }
}

/** The name of a new database: empty, or (`migrated`) with the schema in place. */
export async function makeDatabase(migrated = true): Promise<string> {
  if (migrated) template ??= makeTemplate();
  const source = migrated && template ? await template : 'template0';
  const name = nextName();
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${source}`);
  return name;
}

export async function dropDatabase(name: string): Promise<void> {
  await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

export function openPostgres(name: string, over: Partial<PostgresOptions> = {}): Promise<PostgresDatabase> {
  return PostgresDatabase.open(optionsFor(name, over), POSTGRES_MIGRATIONS, SURROUNDINGS);
}

/** Stores over a new database that is gone when they are closed. */
export async function makePostgresStores(): Promise<Stores> {
  const name = await makeDatabase();
  const database = await openPostgres(name);
  return storesOf(database, () => dropDatabase(name));
}

/** The driver's stores; it has none for logins yet. */
export function storesOf(database: PostgresDatabase, closed = async () => {}): Stores {
  const { pool, intake, access, sessions, signals } = database;
  const stores: Omit<Stores, 'logins'> = {
    pool,
    intake,
    access,
    sessions,
    nextDeadline: () => signals.nextDeadline(),
    onFreed: (listener) => signals.onFreed(listener),
    onHappened: (listener) => signals.onHappened(listener),
    close: async () => {
      await database.close();
      await closed();
    },
  };
  return stores as Stores;
}

async function makeTemplate(): Promise<string> {
  const name = nextName();
  await onServer(`CREATE DATABASE ${name} TEMPLATE template0`);
  await migrateDatabase(optionsFor(name), POSTGRES_MIGRATIONS);
  return name;
}

function nextName(): string {
  made += 1;
  return `telegate_test_${process.pid}_${Date.now()}_${made}`;
}

afterAll(async () => {
  if (template) await dropDatabase(await template);
});
