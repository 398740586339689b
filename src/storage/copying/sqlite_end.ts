import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { SQLITE_MIGRATIONS } from '../../kernel/project.js';
import { DatabaseRefused } from '../database.js';
import { refuseOtherVersion } from '../migrate.js';
import { appliedToSqlite, takeLock } from '../sqlite/open.js';
import { checkDatabase } from '../sqlite/soundness.js';
import type { CopiedTable, Kind, Row, Value } from './copied_tables.js';
import type { CopySource, CopyTarget } from './ends.js';
import { refuseOccupiedFile } from './occupied.js';

/** The reserved path of a new file: no other process uses it until it is released. */
export interface Place {
  /** The file to write: empty, and accessible to its owner only. */
  readonly partial: string;
  /** Moves the file to its final path, durably, and releases it. */
  fill(): void;
  /** Restores what was there, and releases it. */
  clear(): void;
}

/**
 * Reserves the path of a file. An existing one must have no rows.
 * @throws DatabaseRefused if it has some, is not a TeleGate database, or is in use.
 */
export function reserve(path: string): Place {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = takeLock(path);
  const partial = `${path}.partial`;
  try {
    if (existsSync(path) && statSync(path).size > 0) refuseOccupiedFile(path);
    // Left by a killed copy: with the lock held, it is not in use.
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
      // A WAL left next to an empty database does not belong to the new one.
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

/** How many rows are read at a time, so that memory stays small however long the table is. */
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

/** Creates the function that writes rows of a table. */
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
  // One text per list: its writer may have added spaces.
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
 * Opens the source file, locked as by a service.
 * @throws DatabaseRefused if it is missing, damaged, in use, or has another version; nothing is changed.
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
    // Keys can be created without the service's lock, so everything is read from one snapshot.
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
 * Starts a new file, which has another name (`NAME.partial`) until it is complete.
 * @throws DatabaseRefused if the path is taken.
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
    // No rollback is needed in a file that is deleted unless finished; then it is flushed to disk.
    this.#sqlite.pragma('journal_mode = OFF');
    this.#sqlite.pragma('synchronous = OFF');
    // In KiB: space for the pages of all indexes that grow at the same time.
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
    // The history has no sequence here: its ids continue after the highest one.
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
