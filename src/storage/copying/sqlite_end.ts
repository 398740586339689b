import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { SQLITE_MIGRATIONS } from '../../kernel/project.js';
import { DatabaseRefused } from '../database.js';
import { refuseOtherVersion } from '../schema_age.js';
import { appliedToSqlite, moveAside, nameAside, takeLock } from '../sqlite/open.js';
import { checkDatabase, RESTORE, saysDamaged } from '../sqlite/soundness.js';
import {
  COPIED_TABLES,
  type CopiedTable,
  quoted,
  type Row,
  rowRead,
  UNCOPIED_TABLES,
  valueWritten,
} from './copied_tables.js';
import { type CopySource, type CopyTarget, ROWS_AT_ONCE, refuseOccupied, TargetOccupied } from './ends.js';

/** The reserved path of a new file: no other process uses it until it is released. */
interface Place {
  /** The file to write: empty, and accessible to its owner only. */
  readonly partial: string;
  /** Moves the file to its final path, durably, and releases it; a file that it replaces is moved aside. */
  fill(): void;
  /** Restores what was there, and releases it. */
  clear(): void;
}

/**
 * Reserves the path of a file. An existing one must have no rows, unless it is to be replaced.
 * @throws DatabaseRefused if it has some, is not a TeleGate database, or is in use.
 */
function reserve(path: string, replace: boolean): Place {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = takeLock(path);
  const partial = `${path}.partial`;
  try {
    if (!replace && existsSync(path) && statSync(path).size > 0) refuseOccupied(path, tablesWithRows(path));
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
      if (replace && !keepAside(path)) moveAside(path);
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

/**
 * Gives a sound database a second name, by which it stays when its path is taken by another one: at no moment is there
 * none. Returns false where it can't.
 */
function keepAside(path: string): boolean {
  try {
    const sqlite = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      // What is in its WAL must be in the file, which gets the second name without it.
      sqlite.pragma('journal_mode = DELETE');
    } finally {
      sqlite.close();
    }
    if (['-wal', '-journal'].some((end) => existsSync(`${path}${end}`))) return false;
    linkSync(path, nameAside(path));
    return true;
  } catch {
    return false;
  }
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

/**
 * Checks a file that is to be the target of a copy, and changes nothing.
 * @throws DatabaseRefused if it is in use or, unless it is to be replaced, has rows or is not a TeleGate database.
 */
export function checkSqliteTarget(path: string, replace: boolean): void {
  if (existsSync(dirname(path))) takeLock(path).forget();
  if (!replace && existsSync(path) && statSync(path).size > 0) refuseOccupied(path, tablesWithRows(path));
}

const TABLES = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name <> '__drizzle_migrations'`;

/** @throws DatabaseRefused if it is not a TeleGate database. */
function tablesWithRows(path: string): string[] {
  const copied = COPIED_TABLES.map(({ name }) => name);
  try {
    const sqlite = new Database(path, { fileMustExist: true });
    try {
      const found = new Set(sqlite.prepare<[], string>(TABLES).pluck().all());
      const other = [...found].find((name) => !copied.includes(name) && !UNCOPIED_TABLES.includes(name));
      if (other !== undefined) throw new Error(`it has a table ${other}`);
      return copied.filter(
        (name) => found.has(name) && sqlite.prepare(`SELECT 1 FROM "${name}" LIMIT 1`).get() !== undefined,
      );
    } finally {
      sqlite.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TargetOccupied(`${path} already exists and is not a TeleGate database: ${why}.`);
  }
}

/** Reads a table in the order of its primary key. */
async function* read(sqlite: Database.Database, table: CopiedTable): AsyncGenerator<Row[]> {
  const statement = sqlite.prepare<[], unknown[]>(
    `SELECT ${quoted(table.columns)} FROM "${table.name}" ORDER BY ${quoted(table.key)}`,
  );
  let rows: Row[] = [];
  for (const row of statement.raw().iterate()) {
    rows.push(rowRead(table, row));
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

function write(sqlite: Database.Database, { name, columns }: CopiedTable, rows: readonly Row[]): void {
  const places = columns.map(() => '?').join(', ');
  const insert = sqlite.prepare(`INSERT INTO "${name}" (${quoted(columns)}) VALUES (${places})`);
  for (const row of rows) insert.run(columns.map(({ kind }, at) => valueWritten(kind, row[at])));
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
      rows: (table) => read(sqlite, table),
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

/**
 * Opens a file that a service may be using: one snapshot of it, which does not delay the service.
 * @throws DatabaseRefused if it is missing, damaged, or has another version.
 */
export function openSqliteSnapshot(path: string): CopySource {
  if (!existsSync(path)) throw new DatabaseRefused(`${path} does not exist.`);
  const sqlite = openForReading(path);
  return {
    mark: null,
    rows: (table) => read(sqlite, table),
    highestId: async ({ name }) => highestId(sqlite, name),
    close: async () => void sqlite.close(),
  };
}

function openForReading(path: string): Database.Database {
  const sqlite = new Database(path, { fileMustExist: true });
  try {
    sqlite.pragma('query_only = ON');
    // Keys can be created without the service's lock, so everything is read from one snapshot.
    sqlite.exec('BEGIN');
    refuseOtherVersion(path, SQLITE_MIGRATIONS, appliedToSqlite(sqlite));
    return sqlite;
  } catch (error) {
    sqlite.close();
    if (error instanceof Database.SqliteError && saysDamaged(error.code))
      throw new DatabaseRefused(`${path} is damaged (${error.message}): ${RESTORE}.`, { cause: error });
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
 * @throws DatabaseRefused if the path is taken, and not to be replaced, or if it is in use.
 */
export function openSqliteTarget(path: string, replace = false): CopyTarget {
  const place = reserve(path, replace);
  try {
    return targetOver(place);
  } catch (error) {
    place.clear();
    throw error;
  }
}

function targetOver(place: Place): CopyTarget {
  const sqlite = new Database(place.partial);
  // No rollback is needed in a file that is deleted unless finished; then it is flushed to disk.
  sqlite.pragma('journal_mode = OFF');
  sqlite.pragma('synchronous = OFF');
  // In KiB: space for the pages of all indexes that grow at the same time.
  sqlite.pragma('cache_size = -65536');
  migrate(drizzle(sqlite), { migrationsFolder: SQLITE_MIGRATIONS });
  sqlite.exec('BEGIN');
  return {
    rows: (table) => read(sqlite, table),
    insert: async (table, rows) => write(sqlite, table, rows),
    async continueFrom({ name }, highestId) {
      // The history has no sequence here: its ids continue after the highest one.
      const sequence = "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'";
      if (!sqlite.prepare(sequence).get(name)) return;
      sqlite.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(name);
      sqlite.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(name, highestId);
    },
    async saveCounts(counts) {
      const save = sqlite.prepare('INSERT INTO counts (name, n) VALUES (?, ?)');
      for (const [name, n] of counts) save.run(name, n);
    },
    async keep() {
      sqlite.exec('COMMIT');
      sqlite.close();
      place.fill();
    },
    async undo() {
      sqlite.close();
      place.clear();
    },
  };
}
