import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { SQLITE_MIGRATIONS } from '../../project.js';
import type { CopiedTable, Row } from './copied_tables.js';
import type { CopyTarget } from './ends.js';
import { type Place, reserve } from './sqlite_place.js';
import { readSqlite, sqliteWriter } from './sqlite_rows.js';

/**
 * Begins a new file, which has another name (`NAME.partial`) until it is whole.
 * @throws DatabaseRefused when the place is taken.
 */
export function openSqliteTarget(path: string): CopyTarget {
  const place = reserve(path);
  try {
    return new SqliteTarget(place);
  } catch (error) {
    place.clear();
    throw error;
  }
}

class SqliteTarget implements CopyTarget {
  readonly #place: Place;
  readonly #sqlite: Database.Database;
  readonly #writers = new Map<string, (rows: readonly Row[]) => void>();

  constructor(place: Place) {
    this.#place = place;
    this.#sqlite = new Database(place.partial);
    // Nothing is to be undone in a file that goes if it is not finished; once it is, it is written to disk.
    this.#sqlite.pragma('journal_mode = OFF');
    this.#sqlite.pragma('synchronous = OFF');
    // In KiB: room for the ends of the indexes that all grow at once.
    this.#sqlite.pragma('cache_size = -65536');
    migrate(drizzle(this.#sqlite), { migrationsFolder: SQLITE_MIGRATIONS });
    this.#sqlite.exec('BEGIN');
  }

  async insert(table: CopiedTable, rows: readonly Row[]): Promise<void> {
    const write = this.#writers.get(table.name) ?? sqliteWriter(this.#sqlite, table);
    this.#writers.set(table.name, write);
    write(rows);
  }

  async continueFrom({ name }: CopiedTable, highestId: number): Promise<void> {
    // The history has no sequence here: its ids go on after the highest that is there.
    const sequence = this.#sqlite.prepare(
      "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'",
    );
    if (!sequence.get(name)) return;
    this.#sqlite.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(name);
    this.#sqlite.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(name, highestId);
  }

  async saveCounts(counts: ReadonlyMap<string, number>): Promise<void> {
    const save = this.#sqlite.prepare('INSERT INTO counts (name, n) VALUES (?, ?)');
    for (const [name, n] of counts) save.run(name, n);
  }

  async settle(): Promise<void> {}

  rows(table: CopiedTable): AsyncIterable<readonly Row[]> {
    return readSqlite(this.#sqlite, table);
  }

  async keep(): Promise<void> {
    this.#sqlite.exec('COMMIT');
    this.#sqlite.close();
    this.#place.fill();
  }

  async undo(): Promise<void> {
    this.#sqlite.close();
    this.#place.clear();
  }
}
