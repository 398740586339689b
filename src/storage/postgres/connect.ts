import pg from 'pg';
import { asLibpqReads } from './libpq_url.js';

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
