import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { foldName } from '../../intake/names.js';
import { freeBytes, isDiskFull, noSpaceLeft } from '../../kernel/disk_full.js';
import { DatabaseInUse, DatabaseRefused, type ExpectedDatabase } from '../database.js';
import { refuseNewerVersion } from '../schema_age.js';
import { checkDatabase, RESTORE, saysDamaged } from './soundness.js';

/** A generous estimate of the space for creating or changing a schema, in bytes. */
const MIGRATION_BYTES = 1024 * 1024;

/** An open database, and the lock that keeps other processes from it. */
export interface OpenDatabase {
  readonly sqlite: Database.Database;
  /** `partly`: too large to be checked completely at the start. */
  readonly checked: 'whole' | 'partly';
  /** The paths of files that were moved aside by BEGIN_ANEW. */
  readonly replaced: readonly string[];
  close(): void;
}

/**
 * Opens the file at `path` for this process only, checks it, and upgrades its schema.
 * @throws DatabaseRefused if another process uses it, if it is damaged or lost, if it belongs to a newer version, or if it
 * can't be opened.
 */
export function openDatabase(
  path: string,
  migrations: string,
  expected: ExpectedDatabase = { keyFile: null, beginAnew: false },
): OpenDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = takeLock(path);
  let found: Pick<OpenDatabase, 'checked' | 'replaced'>;
  try {
    found = checkOrBeginAnew(path, expected);
  } catch (error) {
    lock.forget();
    throw error;
  }
  try {
    const sqlite = connect(path, migrations);
    return {
      ...found,
      sqlite,
      close: () => {
        sqlite.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    if (error instanceof DatabaseRefused) throw error;
    throw new DatabaseRefused(`${path} ${whyNotOpened(error, path)}`, { cause: error });
  }
}

function checkOrBeginAnew(
  path: string,
  { keyFile, beginAnew }: ExpectedDatabase,
): Pick<OpenDatabase, 'checked' | 'replaced'> {
  try {
    return { checked: checkDatabase(path, keyFile), replaced: [] };
  } catch (error) {
    if (!beginAnew || !(error instanceof DatabaseRefused)) throw error;
    return { checked: 'whole', replaced: moveAside(path) };
  }
}

const SUFFIXES = ['', '-wal', '-shm', '-journal'];

/** An unused name for a database that is replaced. */
export function nameAside(path: string): string {
  let number = 1;
  while (SUFFIXES.some((suffix) => existsSync(`${path}.replaced-${number}${suffix}`))) number += 1;
  return `${path}.replaced-${number}`;
}

/** Renames the database and its auxiliary files; returns the new names. Nothing is deleted. */
export function moveAside(path: string): string[] {
  const aside = nameAside(path);
  // The database first: without its WAL it could be mistaken for a complete one.
  const present = SUFFIXES.filter((suffix) => existsSync(`${path}${suffix}`));
  for (const suffix of present) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  return present.map((suffix) => `${aside}${suffix}`);
}

/** Appended to the path of a file that SQLite failed to open. */
export function whyNotOpened(error: unknown, path: string): string {
  if (isDiskFull(error, dirname(path))) return noSpaceLeft();
  const reason = error instanceof Error ? error.message : String(error);
  const damaged = error instanceof Database.SqliteError && saysDamaged(error.code);
  // A migration that runs out of space fails again during its rollback, and only that is reported.
  if (!damaged && freeBytes(dirname(path)) < MIGRATION_BYTES) return noSpaceLeft();
  return damaged ? `is damaged (${reason}): ${RESTORE}.` : `can't be opened: ${reason}`;
}

/**
 * Opens a file that another process may be using. @throws DatabaseRefused if it does not exist, or has an older
 * version.
 */
export function openSideConnection(path: string, migrations: string): OpenDatabase {
  if (!existsSync(path)) {
    throw new DatabaseRefused(`${path} does not exist yet: start TeleGate once to create it.`);
  }
  const sqlite = new Database(path);
  if (!isUpToDate(sqlite, migrations)) {
    sqlite.close();
    throw new DatabaseRefused(
      `${path} belongs to an older version of TeleGate: start this version once to upgrade it.`,
    );
  }
  return { sqlite, checked: 'whole', replaced: [], close: () => sqlite.close() };
}

function isUpToDate(sqlite: Database.Database, migrationsFolder: string): boolean {
  const newest = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  const applied = sqlite.prepare('SELECT max(created_at) FROM __drizzle_migrations').pluck().get();
  return Number(applied) >= newest;
}

function connect(path: string, migrations: string): Database.Database {
  const sqlite = new Database(path);
  try {
    refuseNewerVersion(path, migrations, appliedToSqlite(sqlite));
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    // In KiB: small compared with the rest of the service, and enough for the pages that leasing uses.
    sqlite.pragma('cache_size = -8192');
    sqlite.pragma('wal_autocheckpoint = 4000');
    migrate(drizzle(sqlite), { migrationsFolder: migrations });
    endClaims(sqlite);
    endOwnership(sqlite);
    foldRemainingNames(sqlite);
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** The file belongs to this process only: requests that were using a login are gone, and may have left it in doubt. */
function endClaims(sqlite: Database.Database): void {
  sqlite.exec('UPDATE pending_logins SET claimed_until = NULL WHERE claimed_until IS NOT NULL');
}

/** The runs of the previous process are not running: they resume at once, instead of when its ownership expires. */
function endOwnership(sqlite: Database.Database): void {
  sqlite.exec('UPDATE runs SET owner = NULL, owned_until = NULL WHERE finished_at IS NULL');
}

/** Keeps other processes from a database. */
export interface Lock {
  release(): void;
  /** Leaves no trace: the lock file is deleted if taking the lock created it. */
  forget(): void;
}

/**
 * Locks the database at `path` for this process. The operating system releases the lock however the process ends.
 * @throws DatabaseInUse if another process has it; DatabaseRefused if it can't be taken.
 */
export function takeLock(path: string): Lock {
  const lockPath = `${path}.lock`;
  const known = existsSync(lockPath);
  const lock = exclusive(lockPath, path);
  return {
    release: () => lock.close(),
    forget: () => {
      lock.close();
      if (!known) rmSync(lockPath, { force: true });
    },
  };
}

function exclusive(lockPath: string, path: string): Database.Database {
  try {
    const lock = new Database(lockPath, { timeout: 0 });
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new DatabaseInUse(
        `${path} is in use by another TeleGate process. Only one process can use a SQLite file: stop the other one, or give this one its own DATA_DIR.`,
      );
    }
    if (isDiskFull(error, dirname(path)))
      throw new DatabaseRefused(`${lockPath} ${noSpaceLeft()}`, { cause: error });
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatabaseRefused(`${lockPath} can't be opened: ${reason}`, { cause: error });
  }
}

/** The time of the newest migration that the file has; null: none, so it is not a TeleGate database. */
export function appliedToSqlite(sqlite: Database.Database): number | null {
  const known = sqlite.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get();
  if (!known) return null;
  const applied = sqlite.prepare('SELECT max(created_at) FROM __drizzle_migrations').pluck().get();
  return applied === null ? null : Number(applied);
}

/** As `appliedToSqlite`, for a file that a service may be using, and that may be missing or damaged (null). */
export function appliedToFile(path: string): number | null {
  if (!existsSync(path)) return null;
  try {
    const sqlite = new Database(path, { readonly: true });
    try {
      return appliedToSqlite(sqlite);
    } finally {
      sqlite.close();
    }
  } catch {
    // Opening it for use reports what is wrong.
    return null;
  }
}

/** Folds the names that a migration could not: SQL only knows the case of ASCII letters. */
function foldRemainingNames(sqlite: Database.Database): void {
  const remaining = sqlite.prepare<[], { id: number; name: string }>(
    "SELECT id, name FROM sessions WHERE folded_name = ''",
  );
  const save = sqlite.prepare<[string, number]>('UPDATE sessions SET folded_name = ? WHERE id = ?');
  sqlite.transaction(() => {
    for (const { id, name } of remaining.all()) save.run(foldName(name), id);
  })();
}
