import Database from 'better-sqlite3';
import { DatabaseRefused } from '../refused.js';
import { COPIED_TABLES, UNCOPIED_TABLES } from './copied_tables.js';
import { refuseOccupied } from './occupied.js';

const TABLES = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name <> '__drizzle_migrations'`;

const COPIED = COPIED_TABLES.map(({ name }) => name);

/**
 * Makes sure that a file that is there already may be replaced.
 * @throws DatabaseRefused when a table of it has rows, or when it is something else than a database of TeleGate.
 */
export function refuseOccupiedFile(path: string): void {
  refuseOccupied(path, tablesWithRows(path));
}

function tablesWithRows(path: string): string[] {
  try {
    const sqlite = new Database(path, { fileMustExist: true });
    try {
      const found = new Set(sqlite.prepare<[], string>(TABLES).pluck().all());
      const other = [...found].find((name) => !COPIED.includes(name) && !UNCOPIED_TABLES.includes(name));
      if (other !== undefined) throw new Error(`it has a table ${other}`);
      return COPIED.filter(
        (name) => found.has(name) && sqlite.prepare(`SELECT 1 FROM "${name}" LIMIT 1`).get() !== undefined,
      );
    } finally {
      sqlite.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DatabaseRefused(`${path} is there already and is no database of TeleGate: ${why}.`);
  }
}
