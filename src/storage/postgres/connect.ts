import pg from 'pg';

/** How to reach the server. Times are in milliseconds. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
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

/** What every connection is opened with. */
export function connectionConfig(options: PostgresOptions): pg.ClientConfig {
  return {
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A replica that stands still in a transaction must not keep sessions from the others.
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    // For a server that has fallen silent: it would have ended the statement itself long before.
    query_timeout: options.statementTimeoutMs + options.connectTimeoutMs,
    application_name: options.applicationName,
    types: TYPES,
    keepAlive: true,
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
