import { accessSync, constants } from 'node:fs';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool, PoolClient } from 'pg';
import pg from 'pg';
import { DatabaseRefused } from '../database.js';
import { migrateDatabase, placeOf, reason } from './migrating.js';

/** How to reach the server. Times are in milliseconds. */
export interface PostgresOptions {
  /**
   * `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…`. Modes are those of libpq: `disable`
   * (also when there is none) sends all in the clear, `require` encrypts and believes any server, `verify-ca`
   * wants a certificate that `sslrootcert` signed, and `verify-full` one for this host as well, of `sslrootcert`
   * or (without it, or with `system`) of an authority that Node knows. `require` with `sslrootcert` is
   * `verify-ca`; `prefer` is `require` without it: never in the clear.
   */
  readonly url: string;
  /** The most connections that are open at once. */
  readonly connections: number;
  /** A statement that takes longer is undone. */
  readonly statementTimeoutMs: number;
  /** How long a call may wait for a connection. */
  readonly connectTimeoutMs: number;
  /** What the server calls this service in its lists. */
  readonly applicationName: string;
}

const INT8 = pg.types.builtins.INT8;

/** Times and ids of ours, all below 2^53; Telegram's ids are text. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
};

/** A server that is silent on an idle connection is given up 10 s after this: Node asks ten times. */
const FIRST_SIGN_MS = 10_000;

/** What every connection is opened with. @throws DatabaseRefused when the URL asks for what there is not. */
export function connectionConfig(options: PostgresOptions): pg.ClientConfig {
  return {
    connectionString: asLibpqReads(options.url),
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A replica that stands still in a transaction must not keep sessions from the others.
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    // For a server that has fallen silent: it would have ended the statement itself long before.
    query_timeout: options.statementTimeoutMs + options.connectTimeoutMs,
    application_name: options.applicationName,
    types: TYPES,
    keepAlive: true,
    keepAliveInitialDelayMillis: FIRST_SIGN_MS,
  };
}

/** Connections to the server, opened as they are needed. Nothing is sent before the first call. */
export function connect(options: PostgresOptions): pg.Pool {
  const pool = new pg.Pool({ ...connectionConfig(options), max: options.connections });
  // A connection that is lost is told to whoever uses it; one that is idle is replaced by the pool.
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

function ignore(): void {}

/** The query builder over one connection. */
export type Db = NodePgDatabase;

const builders = new WeakMap<PoolClient, Db>();

/** The query builder of a connection, the same one each time. */
export function builderOf(client: PoolClient): Db {
  const known = builders.get(client);
  if (known) return known;
  const made: Db = drizzle(client);
  builders.set(client, made);
  return made;
}

/** What `sslmode` may be. `allow`, which takes TLS only where the server insists on it, is not there. */
const MODES: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Parameters that name a file. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/** The certificates of the system, as libpq is told to take them; Node has its own list. */
const SYSTEM = 'system';

/**
 * The URL as the client library is to get it, so that `sslmode` means what it does to every other program (by
 * itself the library takes some modes for others, and says so on stderr).
 * @throws DatabaseRefused for another mode, and for a file of a certificate or key that can't be read.
 */
export function asLibpqReads(url: string): string {
  const given = new URLSearchParams(url.split('?').slice(1).join('?'));
  const mode = given.get('sslmode');
  if (mode !== null && !MODES.includes(mode)) {
    throw new DatabaseRefused(`DATABASE_URL has an sslmode other than ${MODES.join(', ')}.`);
  }
  if (mode === 'verify-ca' && !given.get('sslrootcert')) {
    throw new DatabaseRefused('DATABASE_URL has sslmode=verify-ca and no sslrootcert to verify against.');
  }
  for (const name of FILES) checkFile(name, given.get(name));
  // What is said last counts.
  const ownList = given.get('sslrootcert') === SYSTEM ? '&sslrootcert=' : '';
  return `${url}${url.includes('?') ? '&' : '?'}uselibpqcompat=true${ownList}`;
}

function checkFile(parameter: string, path: string | null): void {
  if (!path || path === SYSTEM) return;
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new DatabaseRefused(`${path}, the ${parameter} of DATABASE_URL, can't be read.`, { cause: error });
  }
}

/**
 * Connections to a database whose schema is up to date.
 * @throws DatabaseRefused when the server can't be reached, is too old, or refuses the migration.
 */
export async function openPool(options: PostgresOptions, migrations: string): Promise<Pool> {
  await migrateDatabase(options, migrations);
  return connect(options);
}

/** How long a connection may take to come about, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A connection of the command line, on which a statement may take as long as it likes. */
export interface CommandConnection {
  readonly client: pg.Client;
  /** Server and database, without a secret. */
  readonly place: string;
}

/** How the command line connects when it does what a service would: under the name of one. */
export function commandOptions(url: string): PostgresOptions {
  return {
    url,
    connections: 1,
    statementTimeoutMs: 0,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    applicationName: 'telegate',
  };
}

/** Connects to the server. @throws DatabaseRefused. */
export async function connectForCommand(url: string): Promise<CommandConnection> {
  const place = `PostgreSQL at ${placeOf(url)}`;
  const client = new pg.Client({ ...connectionConfig(commandOptions(url)), query_timeout: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return { client, place };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new DatabaseRefused(`${place} can't be reached: ${reason(error)}`, { cause: error });
  }
}
