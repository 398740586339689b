import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { migrateDatabase } from '../../src/storage/postgres/migrating.js';
import { MIGRATIONS } from '../storage/databases.js';
import { optionsFor, POSTGRES_MIGRATIONS } from '../storage/databases_postgres.js';
import { nameIn } from './places.js';

/** The names of all migrations in a directory, oldest first. */
export function namesOf(migrations: string): string[] {
  const journal = JSON.parse(readFileSync(join(migrations, 'meta', '_journal.json'), 'utf8'));
  return journal.entries.map(({ tag }: { tag: string }) => tag);
}

/** Makes a file as the first version left it. `directory`: where the first migration is put. */
export function makeOlderFile(path: string, directory: string): void {
  const sqlite = new Database(path);
  migrate(drizzle(sqlite), { migrationsFolder: firstOf(MIGRATIONS, directory) });
  sqlite.close();
}

/** As `makeOlderFile`, in an empty database of the server. */
export async function makeOlderServer(url: string, directory: string): Promise<void> {
  await migrateDatabase(optionsFor(nameIn(url)), firstOf(POSTGRES_MIGRATIONS, directory));
}

function firstOf(migrations: string, directory: string): string {
  mkdirSync(join(directory, 'meta'), { recursive: true });
  const journal = JSON.parse(readFileSync(join(migrations, 'meta', '_journal.json'), 'utf8'));
  const [first] = journal.entries;
  writeFileSync(join(directory, 'meta', '_journal.json'), JSON.stringify({ ...journal, entries: [first] }));
  cpSync(join(migrations, `${first.tag}.sql`), join(directory, `${first.tag}.sql`));
  return directory;
}
