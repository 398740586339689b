import type { Database } from 'better-sqlite3';

/** Puts a row into a table. */
export function insert(sqlite: Database, table: string, row: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(row);
  const places = names.map((name) => `@${name}`);
  sqlite.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`).run(row);
}
