import { POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS } from '../kernel/project.js';
import { DatabaseRefused } from './database.js';
import type { NamedDatabase } from './database_url.js';
import { compareSchema, type Migration, migrationsIn, nameOfVersion } from './schema_age.js';

/** From which schema to which a database was upgraded, by the names of migrations; null: it had none. */
export interface Migrated {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * Upgrades the schema of a database; a missing file is created.
 * @throws DatabaseRefused if it can't be reached or opened, or if a service uses the file.
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
  const { openDatabase, appliedToSqlite, appliedToFile } = await import('./sqlite/open.js');
  const from = appliedToFile(path);
  const { sqlite, close } = openDatabase(path, SQLITE_MIGRATIONS);
  try {
    return { from, to: appliedToSqlite(sqlite) };
  } finally {
    close();
  }
}

async function migrateServer(url: string): Promise<Applied> {
  const { connectForCommand, commandOptions, disconnect } = await import('./postgres/connect.js');
  const { appliedToPostgres, migrateDatabase } = await import('./postgres/migrating.js');
  const { client } = await connectForCommand(url);
  try {
    const from = await appliedToPostgres(client);
    await migrateDatabase(commandOptions(url), POSTGRES_MIGRATIONS);
    return { from, to: await appliedToPostgres(client) };
  } finally {
    await disconnect(client);
  }
}

/** The newest migration of a SQLite file. @throws DatabaseRefused if it has none, or one that is unknown. */
export async function schemaOfFile(path: string): Promise<Migration> {
  const { appliedToFile } = await import('./sqlite/open.js');
  const applied = appliedToFile(path);
  const found = migrationsIn(SQLITE_MIGRATIONS).find(({ when }) => when === applied);
  if (found) return found;
  throw new DatabaseRefused(`${path} is not a database of this version of TeleGate.`);
}

/** Whether a SQLite file with this newest migration was made by a newer version. */
export function isNewerSchema(when: number): boolean {
  return compareSchema(SQLITE_MIGRATIONS, when) === 'newer';
}
