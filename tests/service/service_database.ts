import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { borrowDatabase, returnDatabase } from '../storage/databases_postgres.js';
import { onServer, urlOf } from '../storage/server.js';

/** The database of one service under test. */
export interface ServiceDatabase {
  /** What the service must be told of it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Everything that it keeps, as text; `dataDir` is the service's, which is stopped. */
  contents(dataDir: string): Promise<string>;
  drop(): Promise<void>;
}

export type DatabaseKind = 'sqlite' | 'postgres';

/** Which database the tests use that would do with either: DATABASE_URL says so. */
// biome-ignore lint/style/noProcessEnv: the environment chooses the database of the tests.
export const usualDatabase: DatabaseKind = /^postgres/.test(process.env.DATABASE_URL ?? '')
  ? 'postgres'
  : 'sqlite';

/** A database for one service, empty. */
export async function makeServiceDatabase(kind: DatabaseKind = usualDatabase): Promise<ServiceDatabase> {
  if (kind === 'sqlite') return { settings: {}, contents: fileContents, drop: async () => undefined };
  const name = await borrowDatabase();
  const url = urlOf(name);
  return {
    settings: { DATABASE_URL: url },
    contents: () => tableContents(url),
    drop: () => returnDatabase(name),
  };
}

async function fileContents(dataDir: string): Promise<string> {
  const files = ['telegate.db', 'telegate.db-wal'].map((file) => join(dataDir, file));
  return files.map((path) => (existsSync(path) ? readFileSync(path).toString('latin1') : '')).join('');
}

async function tableContents(url: string): Promise<string> {
  const tables = await onServer("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", url);
  const texts = tables.map(({ tablename }) =>
    onServer(`SELECT json_agg(t) AS rows FROM ${tablename} t`, url),
  );
  return JSON.stringify(await Promise.all(texts));
}
