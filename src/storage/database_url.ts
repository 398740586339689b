import { resolve } from 'node:path';

/** The file of a process that has its database for itself, by its absolute path. */
export interface SqliteTarget {
  readonly kind: 'sqlite';
  readonly file: string;
}

/** A server that any number of processes may share. */
export interface PostgresTarget {
  readonly kind: 'postgres';
  /** `postgres://user:password@host:port/database`: a secret. */
  readonly url: string;
  /** The most connections that this process has open at once. */
  readonly connections: number;
  /** A statement that takes longer is undone, in milliseconds. */
  readonly statementTimeoutMs: number;
}

/** Where the service keeps its state. */
export type DatabaseTarget = SqliteTarget | PostgresTarget;

/** The database that a URL names. */
export type NamedDatabase = SqliteTarget | Pick<PostgresTarget, 'kind' | 'url'>;

const WANTED =
  'nothing, sqlite:PATH, file:PATH (a file: leases outlive a restart), or postgres://USER:PASSWORD@HOST:PORT/DATABASE';

/**
 * Reads a database's URL. The path of a file is taken as it is written, without percent-decoding.
 * @throws Error that says what was wanted, and never what was given.
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
