import { accessSync, constants } from 'node:fs';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PoolClient } from 'pg';
import pg from 'pg';
import { DatabaseRefused } from '../database.js';

/** How to reach the server. Times are in milliseconds. */
export interface PostgresOptions {
  /**
   * `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…`. Modes are those of libpq: `disable` (the
   * default) does not encrypt, `require` encrypts and trusts any server, `verify-ca` requires a certificate signed by
   * `sslrootcert`, and `verify-full` also one for this host, signed by `sslrootcert` or (without it, or with
   * `system`) by an authority that Node knows. `require` with `sslrootcert` means `verify-ca`; `prefer` means
   * `require` without it: never unencrypted.
   */
  readonly url: string;
  /** The maximum number of open connections. */
  readonly connections: number;
  /** A statement that takes longer is rolled back. */
  readonly statementTimeoutMs: number;
  /** How long a call may wait for a connection. */
  readonly connectTimeoutMs: number;
  /** The name of this service in the server's lists. */
  readonly applicationName: string;
}

const INT8 = pg.types.builtins.INT8;

/** Our times and ids, all below 2^53; Telegram's ids are text. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
};

/** A silent server on an idle connection is given up 10 s after this: Node probes ten times. */
const FIRST_SIGN_MS = 10_000;

/** The options of every connection. @throws DatabaseRefused if the URL has unsupported options. */
export function connectionConfig(options: PostgresOptions): pg.ClientConfig {
  return {
    connectionString: asLibpqReads(options.url),
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A replica that is suspended in a transaction must not block sessions for the others.
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    // For a silent server: a working one would have ended the statement long before.
    query_timeout: options.statementTimeoutMs + options.connectTimeoutMs,
    application_name: options.applicationName,
    types: TYPES,
    keepAlive: true,
    keepAliveInitialDelayMillis: FIRST_SIGN_MS,
  };
}

/** Connections to the server, opened on demand. Nothing is sent before the first call. */
export function connect(options: PostgresOptions): pg.Pool {
  const pool = new pg.Pool({ ...connectionConfig(options), max: options.connections });
  // A lost connection is reported to its user; an idle one is replaced by the pool.
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

/** The supported values of `sslmode`. `allow`, which uses TLS only if the server insists, is not supported. */
const MODES: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Parameters that are file names. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/** libpq's value for the system's certificates; Node has its own list. */
const SYSTEM = 'system';

/**
 * The URL for the client library, so that `sslmode` means the same as for other programs (the library itself
 * interprets some modes differently, and warns on stderr).
 * @throws DatabaseRefused for an unsupported mode, or an unreadable certificate or key file.
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
  // The last value counts.
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

/** Host, port and database, without the user and the password. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'an invalid URL';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** The message of the innermost cause. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Closes the connection in any state; its transaction is rolled back. */
export async function disconnect(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}

/** How long a call may wait for a connection, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** A connection of the command line, without a limit on statement time. */
export interface CommandConnection {
  readonly client: pg.Client;
  /** Server and database, without a secret. */
  readonly place: string;
}

/** How the command line connects to act like a service: under a service's name. */
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
export function connectForCommand(url: string): Promise<CommandConnection> {
  return connectOne(commandOptions(url), { query_timeout: 0 });
}

/** A single connection, with other settings than a service's. @throws DatabaseRefused if the server can't be reached. */
export async function connectOne(
  options: PostgresOptions,
  patience: pg.ClientConfig,
): Promise<CommandConnection> {
  const place = `PostgreSQL at ${placeOf(options.url)}`;
  const client = new pg.Client({ ...connectionConfig(options), ...patience });
  client.on('error', ignore);
  try {
    await client.connect();
    return { client, place };
  } catch (error) {
    await disconnect(client);
    throw new DatabaseRefused(`${place} can't be reached: ${reason(error)}`, { cause: error });
  }
}
