import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { DatabaseRefused } from '../database.js';

/** A larger file is not checked completely at the start, which would be delayed: `walkPages` does it afterwards. */
const WHOLE_CHECK_BYTES = 64 * 1024 * 1024;

/** The header's offset of the write mode: 2 is WAL, 1 is not (sqlite.org/fileformat.html, 1.3). */
const FORMAT_VERSIONS = [18, 19] as const;

/** SQLite's codes for a damaged file. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB|IOERR_CORRUPTFS)/;

/** Whether this SQLite error code means that the file itself is damaged. */
export function saysDamaged(code: string): boolean {
  return DAMAGE.test(code);
}

/** What to do about a database that can't be used as it is. */
export const RESTORE =
  'restore it from a backup, or set BEGIN_ANEW=on to move it aside and start with an empty one';

/**
 * Checks the database at `path` without changing it or its directory. Returns whether all of it was read: of a large
 * one, only the pages needed to open it. `keyFile`: the encryption key next to it, if any.
 * @throws DatabaseRefused if it is damaged, or if it is gone or empty although a service had one there.
 */
export function checkDatabase(path: string, keyFile: string | null): 'whole' | 'partly' {
  const whole = sizeOf(path) <= WHOLE_CHECK_BYTES;
  const { fault, empty, forget } = look(path, whole);
  const refusal =
    fault === null ? lossOf(path, empty, keyFile) : `is damaged (${fault}). Nothing was changed: ${RESTORE}.`;
  if (refusal === null) return whole ? 'whole' : 'partly';
  forget();
  throw new DatabaseRefused(`${path} ${refusal}`);
}

function lossOf(path: string, empty: boolean, keyFile: string | null): string | null {
  const witness = sizeOf(path) === 0 && sizeOf(`${path}-wal`) > 0 ? `${path}-wal` : keyFile;
  if (!empty || witness === null) return null;
  return (
    `is ${existsSync(path) ? 'empty' : 'gone'}, but ${witness} exists: there was a database here. Restore it ` +
    'from a backup, and check that DATA_DIR, DATABASE_URL and the disk are the right ones. To start with an empty ' +
    'database, stop all workers (the sessions that they hold would be leased again) and set BEGIN_ANEW=on.'
  );
}

/** What a check of the file found, and how to remove what SQLite put next to it meanwhile. */
interface Look {
  /** SQLite's message. */
  readonly fault: string | null;
  readonly empty: boolean;
  forget(): void;
}

function look(path: string, whole: boolean): Look {
  const sideFiles = [`${path}-wal`, `${path}-shm`].filter((file) => !existsSync(file));
  const forget = () => {
    for (const file of sideFiles) rmSync(file, { force: true });
  };
  if (sizeOf(path) === 0) return { fault: null, empty: true, forget };
  // The WAL is part of the database: only SQLite itself can combine the two.
  const inMemory = whole && sizeOf(`${path}-wal`) === 0;
  try {
    const sqlite = inMemory ? image(path) : new Database(path, { readonly: true });
    try {
      const found = whole ? String(sqlite.pragma('quick_check(1)', { simple: true })) : 'ok';
      const tables = sqlite.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
      return { fault: found === 'ok' ? null : found, empty: tables === 0, forget };
    } finally {
      sqlite.close();
    }
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error), empty: false, forget };
  }
}

function image(path: string): Database.Database {
  const bytes = readFileSync(path);
  for (const at of FORMAT_VERSIONS) if (bytes[at] === 2) bytes[at] = 1;
  return new Database(bytes);
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** How many pages are read per batch: a few milliseconds. */
const PAGES_AT_ONCE = 256;

/**
 * The maximum size of a table, with its indexes, that is also checked row by row, in pages: a few dozen milliseconds.
 */
const COMPARED_PAGES = 4096;

/**
 * Checks every page of the database at `path` on its own read-only connection, in batches; yields how many
 * milliseconds each batch took. Returns what is wrong with the file; null: nothing. Large tables are checked page by
 * page, small ones also row by row.
 * @throws SQLite's error if the file can't be read.
 */
export function* walkPages(path: string): Generator<number, string | null> {
  const sqlite = new Database(path, { readonly: true, fileMustExist: true });
  try {
    for (const [table, trees] of treesByTable(sqlite)) {
      let pages = 0;
      for (const tree of trees) {
        const walked = yield* walkTree(sqlite, tree);
        if (typeof walked === 'string') return walked;
        pages += walked;
      }
      if (pages > COMPARED_PAGES) continue;
      const began = performance.now();
      const found = sqlite.pragma(`quick_check("${table.replaceAll('"', '""')}")`, { simple: true });
      if (found !== 'ok') return String(found);
      yield performance.now() - began;
    }
    return null;
  } finally {
    sqlite.close();
  }
}

/** The schema table, then every other one: its own tree, and those of its indexes. */
function treesByTable(sqlite: Database.Database): Map<string, string[]> {
  const rows = sqlite
    .prepare<[], [table: string, tree: string]>(
      'SELECT tbl_name, name FROM sqlite_schema WHERE rootpage > 0 ORDER BY rowid',
    )
    .raw()
    .all();
  const trees = new Map<string, string[]>([['sqlite_schema', ['sqlite_schema']]]);
  for (const [table, tree] of rows) trees.set(table, [...(trees.get(table) ?? []), tree]);
  return trees;
}

/** The number of pages in the tree, or what is wrong with one. */
function* walkTree(sqlite: Database.Database, tree: string): Generator<number, number | string> {
  const pages = sqlite
    .prepare<[string], [page: number, kind: string]>(
      "SELECT pageno, pagetype FROM dbstat('main') WHERE name = ?",
    )
    .raw()
    .iterate(tree);
  let count = 0;
  let began = performance.now();
  for (const [page, kind] of pages) {
    if (kind === 'corrupted') return `page ${page} of ${tree} is not a valid database page`;
    count += 1;
    if (count % PAGES_AT_ONCE > 0) continue;
    yield performance.now() - began;
    began = performance.now();
  }
  return count;
}
