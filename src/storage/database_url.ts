import { resolve } from 'node:path';

/** How a database is named on the command line. */
export const DATABASE_URL_HELP = 'sqlite:PATH, file:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE';

/** The absolute path of the database file of a single process. */
export interface SqliteTarget {
  readonly kind: 'sqlite';
  readonly file: string;
}

/** A server that any number of processes can share. */
export interface PostgresTarget {
  readonly kind: 'postgres';
  /** `postgres://user:password@host:port/database`: a secret. */
  readonly url: string;
  /** The maximum size of this process's connection pool. */
  readonly connections: number;
  /** A statement that takes longer is rolled back, in milliseconds. */
  readonly statementTimeoutMs: number;
}

/** The service's database. */
export type DatabaseTarget = SqliteTarget | PostgresTarget;

/** The database that a URL names. */
export type NamedDatabase = SqliteTarget | Pick<PostgresTarget, 'kind' | 'url'>;

const WANTED =
  'nothing, sqlite:PATH, file:PATH (a file: leases outlive a restart), or postgres://USER:PASSWORD@HOST:PORT/DATABASE';

/**
 * Reads a database's URL. The path of a file is used as written, without percent-decoding.
 * @throws Error that says what was expected, but never what was given.
 */
export function parseDatabaseUrl(url: string): NamedDatabase {
  if (/^postgres(ql)?:/i.test(url)) return { kind: 'postgres', url: checked(url) };
  const path = /^(?:file|sqlite):(?:\/\/(?=\/))?(?!\/\/|:memory:)(.+)$/i.exec(url)?.[1];
  if (path === undefined) throw new Error(WANTED);
  return { kind: 'sqlite', file: resolve(path) };
}

function checked(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^\/[^/]+$/.test(parsed.pathname)) throw new Error(WANTED);
  return url;
}
