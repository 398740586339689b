import Database from 'better-sqlite3';
import { onServer } from '../storage/server.js';

/** All rows of a file by table, as SQLite itself puts them; `counts`, which each copy makes anew, without shards. */
export function keptInFile(path: string): Record<string, unknown[]> {
  const sqlite = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const tables = sqlite
      .prepare<[], string>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('__drizzle_migrations', 'counts')",
      )
      .pluck()
      .all();
    return Object.fromEntries(tables.sort().map((table) => [table, rowsOf(sqlite, table)]));
  } finally {
    sqlite.close();
  }
}

/** How many rows each table of a database has, of those that have any. */
export async function countsOnServer(url: string): Promise<Record<string, number>> {
  const tables = await onServer("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", url);
  const counted: [string, number][] = [];
  for (const { tablename } of tables) {
    const [row] = await onServer(`SELECT count(*)::int AS n FROM ${tablename}`, url);
    if (Number(row?.n) > 0) counted.push([String(tablename), Number(row?.n)]);
  }
  return Object.fromEntries(counted);
}

function rowsOf(sqlite: Database.Database, table: string): string[] {
  const rows = sqlite.prepare(`SELECT * FROM "${table}"`).all();
  return rows.map((row) => JSON.stringify(row)).sort();
}
