import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { borrowDatabase, returnDatabase } from '../storage/databases_postgres.js';
import { onServer, urlOf } from '../storage/server.js';

/** The database of one service under test. */
export interface ServiceDatabase {
  /** The settings that the service needs for it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Its whole content, as text; `dataDir` is that of the stopped service. */
  contents(dataDir: string): Promise<string>;
  drop(): Promise<void>;
}

export type DatabaseKind = 'sqlite' | 'postgres';

/** The database of tests that work with either, chosen by DATABASE_URL. */
// biome-ignore lint/style/noProcessEnv: the environment chooses the database of the tests.
export const usualDatabase: DatabaseKind = /^postgres/.test(process.env.DATABASE_URL ?? '')
  ? 'postgres'
  : 'sqlite';

/** An empty database for one service. */
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
