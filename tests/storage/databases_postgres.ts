import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { describe } from '@jest/globals';
import pg from 'pg';
import { nodeTimers } from '../../src/kernel/timers.js';
import type { PostgresOptions } from '../../src/storage/postgres/connect.js';
import { PostgresDatabase } from '../../src/storage/postgres/database.js';
import { migrateDatabase } from '../../src/storage/postgres/migrating.js';
import { type Stores, storesOf } from '../contracts/stores.js';
import { databasePrefix, onServer, urlOf } from './server.js';

export const POSTGRES_MIGRATIONS = resolve('drizzle/postgres');

export const SURROUNDINGS = { random: Math.random, timers: nodeTimers };

interface Emptying {
  readonly client: pg.Client;
  readonly socket: Socket;
}

let made = 0;
/** Databases reused by one test after another, even of other files: creating one takes longer than most tests. */
const emptied: string[] = [];
/** Connections that empty them, by database: opening one takes longer than emptying. */
const emptying = new Map<string, Emptying>();
let template: Promise<string> | null = null;

/** How the tests connect to a database of the server. */
export function optionsFor(database: string, over: Partial<PostgresOptions> = {}): PostgresOptions {
  return {
    url: urlOf(database),
    connections: 8,
    statementTimeoutMs: 20_000,
    connectTimeoutMs: 10_000,
    applicationName: 'telegate-test',
    ...over,
  };
}

/** `describe`, or `describe.skip` and one line of output if no server answers. */
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

/** A migrated database without rows, possibly reused. */
export async function borrowDatabase(): Promise<string> {
  return emptied.pop() ?? (await makeDatabase());
}

/** For a borrowed database of which only rows were changed. */
export async function returnDatabase(name: string): Promise<void> {
  const { client, socket } = emptying.get(name) ?? (await connectTo(name));
  socket.ref();
  await client.query(EMPTY);
  // Between tests it must not keep the process alive.
  socket.unref();
  emptied.push(name);
}

async function connectTo(name: string): Promise<Emptying> {
  const socket = new Socket();
  const client = new pg.Client({ connectionString: urlOf(name), stream: () => socket });
  // A test may close all connections to its database.
  client.on('error', () => emptying.delete(name));
  await client.connect();
  const connected = { client, socket };
  emptying.set(name, connected);
  return connected;
}

/** Empties all tables, regardless of references, and resets the sequences; there is no other connection then. */
const EMPTY = `DO $$
DECLARE name text;
BEGIN
  WHILE EXISTS (
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
  ) LOOP PERFORM pg_sleep(0.002), pg_stat_clear_snapshot(); END LOOP;
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE 'DELETE FROM ' || name;
  END LOOP;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$`;

/** One replica's database, with its stores. */
export type OpenReplica = Awaited<ReturnType<typeof openPostgres>>;

export async function openPostgres(name: string, over: Partial<PostgresOptions> = {}) {
  const database = await PostgresDatabase.open(optionsFor(name, over), POSTGRES_MIGRATIONS, SURROUNDINGS);
  return Object.assign(database, database.stores);
}

/** Stores over a new database that is dropped when they are closed. */
export async function makePostgresStores(): Promise<Stores> {
  const name = await borrowDatabase();
  const database = await openPostgres(name);
  return postgresStores(database, () => returnDatabase(name));
}

/** The driver's stores. `closed`: runs once they are closed. */
export function postgresStores(database: PostgresDatabase, closed = async () => {}): Stores {
  return storesOf(database.stores, database.signals, async () => {
    await database.close();
    await closed();
  });
}

async function makeTemplate(): Promise<string> {
  const name = nextName();
  await onServer(`CREATE DATABASE ${name} TEMPLATE template0`);
  await migrateDatabase(optionsFor(name), POSTGRES_MIGRATIONS);
  return name;
}

function nextName(): string {
  made += 1;
  return `${databasePrefix()}_${process.pid}_${Date.now()}_${made}`;
}
