import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { SQLITE_MIGRATIONS } from '../../project.js';
import { DatabaseRefused } from '../database.js';
import { refuseOtherVersion } from '../migrate.js';
import { appliedToSqlite, takeLock } from '../sqlite/open.js';
import { checkDatabase } from '../sqlite/soundness.js';
import type { CopiedTable, Kind, Row, Value } from './copied_tables.js';
import type { CopySource, CopyTarget } from './copy.js';
import { refuseOccupiedFile } from './occupied.js';

/** Where a new file is to be: nobody else uses the place until it is left. */
export interface Place {
  /** The file to be written, empty and for its owner only. */
  readonly partial: string;
  /** Puts what was written where it belongs, durably, and leaves. */
  fill(): void;
  /** Leaves it as it was found. */
  clear(): void;
}

/**
 * Reserves the place of a file. One that is there already may have no rows.
 * @throws DatabaseRefused when it has some, or is not one of ours, or is in use.
 */
export function reserve(path: string): Place {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = takeLock(path);
  const partial = `${path}.partial`;
  try {
    if (existsSync(path) && statSync(path).size > 0) refuseOccupiedFile(path);
    // That of a copy that was killed: with the lock, nobody is at it.
    remove(partial);
    closeSync(openSync(partial, 'wx', 0o600));
  } catch (error) {
    lock.forget();
    throw error;
  }
  return {
    partial,
    fill() {
      sync(partial);
      // A log that was left beside an empty database is not one of the new one.
      removeLogs(path);
      renameSync(partial, path);
      sync(dirname(path));
      lock.release();
    },
    clear() {
      remove(partial);
      lock.forget();
    },
  };
}

function remove(file: string): void {
  rmSync(file, { force: true });
  removeLogs(file);
}

function removeLogs(file: string): void {
  for (const end of ['-journal', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Rows that are read at once: memory stays small however long the table is. */
const ROWS_AT_ONCE = 2_000;

/** Reads a table in the order of its primary key. */
export async function* readSqlite(sqlite: Database.Database, table: CopiedTable): AsyncGenerator<Row[]> {
  const statement = sqlite.prepare<[], unknown[]>(
    `SELECT ${quoted(table.columns)} FROM "${table.name}" ORDER BY ${quoted(table.key)}`,
  );
  const kinds = table.columns.map(({ kind }) => kind);
  let rows: Row[] = [];
  for (const row of statement.raw().iterate()) {
    rows.push(kinds.map((kind, at) => fromSqlite(kind, row[at])));
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** Makes the function that writes rows of a table. */
export function sqliteWriter(sqlite: Database.Database, table: CopiedTable): (rows: readonly Row[]) => void {
  const places = table.columns.map(() => '?').join(', ');
  const insert = sqlite.prepare(`INSERT INTO "${table.name}" (${quoted(table.columns)}) VALUES (${places})`);
  const kinds = table.columns.map(({ kind }) => kind);
  return (rows) => {
    for (const row of rows) insert.run(kinds.map((kind, at) => toSqlite(kind, row[at] ?? null)));
  };
}

function fromSqlite(kind: Kind, value: unknown): Value {
  if (kind === 'bytes' && Buffer.isBuffer(value)) return value.toString('hex');
  // Of one list, one text: whoever wrote it may have put blanks between.
  if (kind === 'list' && typeof value === 'string') return JSON.stringify(JSON.parse(value));
  return value as Value;
}

function toSqlite(kind: Kind, value: Value): Value | Buffer {
  return kind === 'bytes' && value !== null ? Buffer.from(String(value), 'hex') : value;
}

function quoted(columns: CopiedTable['columns']): string {
  return columns.map(({ name }) => `"${name}"`).join(', ');
}

/**
 * Opens a file to be copied, locked as a service would lock it.
 * @throws DatabaseRefused when it is not there, damaged, in use, or of another version; nothing was changed.
 */
export function openSqliteSource(path: string): CopySource {
  if (!existsSync(path)) throw new DatabaseRefused(`${path} does not exist.`);
  const lock = takeLock(path);
  try {
    checkDatabase(path, null);
    const sqlite = openForReading(path);
    return {
      mark: null,
      rows: (table) => readSqlite(sqlite, table),
      highestId: async ({ name }) => highestId(sqlite, name),
      async close() {
        sqlite.close();
        lock.forget();
      },
    };
  } catch (error) {
    lock.forget();
    throw error;
  }
}

function openForReading(path: string): Database.Database {
  const sqlite = new Database(path, { fileMustExist: true });
  try {
    sqlite.pragma('query_only = ON');
    refuseOtherVersion(path, SQLITE_MIGRATIONS, appliedToSqlite(sqlite));
    // Keys may be made beside a service without its lock: all that is read is of one instant.
    sqlite.exec('BEGIN');
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

function highestId(sqlite: Database.Database, table: string): number {
  const highest = sqlite
    .prepare(
      `SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0),
        coalesce((SELECT max(id) FROM "${table}"), 0))`,
    )
    .pluck();
  return Number(highest.get(table));
}

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
