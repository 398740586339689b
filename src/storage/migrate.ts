import { POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS } from '../project.js';
import { nameOfVersion } from './schema_version.js';
import type { NamedDatabase } from './target.js';

/** From which schema to which a database was brought, by the names of migrations; null: it had none. */
export interface Migrated {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * Brings the schema of a database up to date; a file that is not there is made.
 * @throws DatabaseRefused when it can't be reached or opened, or when a service has the file.
 */
export async function migrateToNewest(database: NamedDatabase): Promise<Migrated> {
  const sqlite = database.kind === 'sqlite';
  const { from, to } = sqlite ? await migrateFile(database.file) : await migrateServer(database.url);
  const name = (applied: number | null) =>
    nameOfVersion(sqlite ? SQLITE_MIGRATIONS : POSTGRES_MIGRATIONS, applied);
  return { from: name(from), to: name(to) };
}

interface Applied {
  readonly from: number | null;
  readonly to: number | null;
}

async function migrateFile(path: string): Promise<Applied> {
  const { openDatabase } = await import('./sqlite/open.js');
  const { appliedToSqlite, appliedToFile } = await import('./sqlite/applied.js');
  const from = appliedToFile(path);
  const { sqlite, close } = openDatabase(path, SQLITE_MIGRATIONS);
  try {
    return { from, to: appliedToSqlite(sqlite) };
  } finally {
    close();
  }
}

async function migrateServer(url: string): Promise<Applied> {
  const { connectForCommand, commandOptions } = await import('./postgres/command_connection.js');
  const { appliedToPostgres } = await import('./postgres/applied.js');
  const { migrateDatabase } = await import('./postgres/migrating.js');
  const { client } = await connectForCommand(url);
  try {
    const from = await appliedToPostgres(client);
    await migrateDatabase(commandOptions(url), POSTGRES_MIGRATIONS);
    return { from, to: await appliedToPostgres(client) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
