import { existsSync, statSync } from 'node:fs';
import { POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS } from '../kernel/project.js';
import { DatabaseInUse, DatabaseRefused } from './database.js';
import type { NamedDatabase } from './database_url.js';
import { compareSchema, type SchemaAge } from './schema_age.js';

/** What a look at a database shows, without changing it. */
export interface Examined {
  /** Names it without a secret. */
  readonly place: string;
  /** `absent`: there is no file, or an empty one. */
  readonly schema: SchemaAge | 'absent';
  /** Whether services use it. */
  readonly inUse: boolean;
  /** Of PostgreSQL: its version, as 170002. */
  readonly serverVersion: number | null;
  /** Of PostgreSQL: its clock minus this machine's, in milliseconds, as far as the round trip shows. */
  readonly clockOffsetMs: number | null;
}

/** Looks at a database that services may be using. @throws DatabaseRefused if it can't be reached or read. */
export function examine(database: NamedDatabase): Promise<Examined> {
  return database.kind === 'sqlite' ? examineFile(database.file) : examineServer(database.url);
}

async function examineFile(path: string): Promise<Examined> {
  const { appliedToFile, takeLock } = await import('./sqlite/open.js');
  const common = { place: path, serverVersion: null, clockOffsetMs: null };
  const sizes = [path, `${path}-wal`].map((file) => (existsSync(file) ? statSync(file).size : 0));
  if (sizes.every((size) => size === 0)) return { ...common, schema: 'absent', inUse: false };
  let inUse = false;
  try {
    takeLock(path).forget();
  } catch (error) {
    if (!(error instanceof DatabaseRefused)) throw error;
    inUse = error instanceof DatabaseInUse;
  }
  return { ...common, schema: compareSchema(SQLITE_MIGRATIONS, appliedToFile(path)), inUse };
}

async function examineServer(url: string): Promise<Examined> {
  const { commandOptions, connectOne, disconnect } = await import('./postgres/connect.js');
  const { appliedToPostgres } = await import('./postgres/migrating.js');
  // Not a service's name: a copy would mistake it for a running service.
  const options = { ...commandOptions(url), applicationName: 'telegate beside' };
  const { client, place } = await connectOne(options, { query_timeout: 10_000 });
  try {
    const began = Date.now();
    const { rows } = await client.query<{ now: number; version: number; services: number }>(
      `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
         current_setting('server_version_num')::int AS version,
         (SELECT count(*)::int FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'telegate') AS services`,
    );
    const middle = (began + Date.now()) / 2;
    const { now = middle, version = 0, services = 0 } = rows[0] ?? {};
    return {
      ...{ place, inUse: services > 0, serverVersion: version, clockOffsetMs: Math.round(now - middle) },
      schema: compareSchema(POSTGRES_MIGRATIONS, await appliedToPostgres(client)),
    };
  } finally {
    await disconnect(client);
  }
}

/** What is wrong with the pages of a SQLite file; null: nothing. Yields to the event loop as it reads. */
export async function damageOf(path: string, signal: AbortSignal): Promise<string | null> {
  const { walkPages } = await import('./sqlite/soundness.js');
  try {
    const pages = walkPages(path);
    for (;;) {
      const { done, value } = pages.next();
      if (done) return value;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}
