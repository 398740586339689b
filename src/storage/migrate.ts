import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS } from '../kernel/project.js';
import { DatabaseRefused } from './database.js';
import type { NamedDatabase } from './database_url.js';

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

/** A migration: its name, and the time (milliseconds) under which a database records it. */
export interface Migration {
  readonly tag: string;
  readonly when: number;
}

/** The migrations in a directory, oldest first; at least one. */
function migrationsIn(directory: string): readonly Migration[] {
  const journal = JSON.parse(readFileSync(join(directory, 'meta', '_journal.json'), 'utf8')) as {
    readonly entries: readonly Migration[];
  };
  return journal.entries;
}

/** A schema compared with that of this version; `none`: no migration was applied. */
export type SchemaAge = 'none' | 'older' | 'current' | 'newer';

/** Compares the newest migration that a database has with those in a directory. */
export function compareSchema(directory: string, applied: number | null): SchemaAge {
  const newest = migrationsIn(directory).at(-1)?.when ?? 0;
  if (applied === null) return 'none';
  return applied === newest ? 'current' : applied < newest ? 'older' : 'newer';
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

/** The name of the schema after the migration of this time; null: no migration was applied. */
export function nameOfVersion(directory: string, applied: number | null): string | null {
  if (applied === null) return null;
  return migrationsIn(directory).find(({ when }) => when === applied)?.tag ?? 'an unknown version';
}

/**
 * Makes sure that a database has all migrations and none that is newer. `place` names it without a secret.
 * @throws DatabaseRefused that says what to do.
 */
export function refuseOtherVersion(place: string, directory: string, applied: number | null): void {
  const age = compareSchema(directory, applied);
  if (age === 'none') {
    throw new DatabaseRefused(
      `${place} is not a TeleGate database: \`telegate db migrate\` sets up an empty one.`,
    );
  }
  if (age === 'older') {
    throw new DatabaseRefused(
      `${place} belongs to an older version of TeleGate: run \`telegate db migrate\` on it first.`,
    );
  }
  if (age === 'newer')
    throw new DatabaseRefused(`${place} belongs to a newer version of TeleGate: use that version.`);
}
