import { existsSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';

/** The time of the newest migration that the file has; null: none, so that it is not one of ours. */
export function appliedToSqlite(sqlite: Database): number | null {
  const known = sqlite.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get();
  if (!known) return null;
  const applied = sqlite.prepare('SELECT max(created_at) FROM __drizzle_migrations').pluck().get();
  return applied === null ? null : Number(applied);
}

/** As `appliedToSqlite`, of a file that a service may have, and that may be missing or damaged (null). */
export function appliedToFile(path: string): number | null {
  if (!existsSync(path)) return null;
  try {
    const sqlite = new Sqlite(path, { readonly: true });
    try {
      return appliedToSqlite(sqlite);
    } finally {
      sqlite.close();
    }
  } catch {
    // Whoever opens it to use it says what is wrong.
    return null;
  }
}
