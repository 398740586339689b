import { statSync } from 'node:fs';
import { DatabaseRefused } from '../database.js';
import type { NamedDatabase } from '../database_url.js';
import type { CopiedTable, Row } from './copied_tables.js';
import { type CopiedRows, type CopySurroundings, copyTables, verifyTables, withoutAnchor } from './steps.js';

/** A copy could not be made, or is not like its source; the message says why and what became of the target. */
export class CopyFailed extends Error {
  override readonly name = 'CopyFailed';
}

/**
 * Copies all that a service keeps into an empty database, of the same kind or the other, and compares every row
 * with its source before anything of it is to be seen: all is copied, or nothing. Times are copied as they are.
 *
 * @throws DatabaseRefused before anything was changed; CopyFailed; the signal's reason.
 */
export async function copyDatabase(
  from: NamedDatabase,
  to: NamedDatabase,
  around: CopySurroundings,
): Promise<CopiedRows[]> {
  if (from.kind === 'sqlite' && to.kind === 'sqlite') refuseSameFile(from.file, to.file);
  const opened = await openSource(from);
  // A file's clock goes on in a file; PostgreSQL is its own clock.
  const source = from.kind === 'sqlite' && to.kind === 'sqlite' ? opened : withoutAnchor(opened);
  try {
    const target = await openTarget(to, source.mark);
    const copied = await orUndone(target, async () => {
      const rows = await copyTables(source, target, around);
      await target.settle();
      await verifyTables(source, target, around);
      return rows;
    });
    await keep(target);
    return copied;
  } finally {
    await opened.close();
  }
}

async function openSource(from: NamedDatabase): Promise<CopySource> {
  if (from.kind === 'sqlite') return (await import('./sqlite_end.js')).openSqliteSource(from.file);
  return (await import('./postgres_end.js')).openPostgresSource(from.url);
}

async function openTarget(to: NamedDatabase, mark: string | null): Promise<CopyTarget> {
  if (to.kind === 'sqlite') return (await import('./sqlite_end.js')).openSqliteTarget(to.file);
  return (await import('./postgres_end.js')).openPostgresTarget(to.url, mark);
}

async function orUndone<Result>(target: CopyTarget, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await target.undo();
    if (error instanceof CopyFailed) throw new CopyFailed(`${error.message} Nothing of it was kept.`);
    throw error;
  }
}

async function keep(target: CopyTarget): Promise<void> {
  try {
    await target.keep();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CopyFailed(
      `The copy is whole, but may not have been kept (${why}): see whether the target has rows before it is made again.`,
      { cause: error },
    );
  }
}

/** A database as it stood at one instant. */
export interface Readable {
  /** All rows in the order of their primary keys, text by its bytes; some thousand at a time. */
  rows(table: CopiedTable): AsyncIterable<readonly Row[]>;
}

/** Where a copy comes from. No service writes to it until it is closed. */
export interface CopySource extends Readable {
  /**
   * A number that the server of the source, if it has one, knows of: a target in the same database finds it
   * taken. Null: a file, which the target can compare by itself.
   */
  readonly mark: string | null;
  /** The highest id that a row of the table ever had; 0: none. */
  highestId(table: CopiedTable): Promise<number>;
  close(): Promise<void>;
}

/** Where a copy goes, all of it or nothing. Nobody else sees any of it before `keep`. */
export interface CopyTarget extends Readable {
  insert(table: CopiedTable, rows: readonly Row[]): Promise<void>;
  /** New rows get higher ids than this. */
  continueFrom(table: CopiedTable, highestId: number): Promise<void>;
  /** Writes how many sessions there are of each kind. */
  saveCounts(counts: ReadonlyMap<string, number>): Promise<void>;
  /** All rows are there: prepares to read them back. */
  settle(): Promise<void>;
  /** Keeps the copy, durably, and lets go of the target. */
  keep(): Promise<void>;
  /** Lets go of the target, and leaves nothing of the copy. */
  undo(): Promise<void>;
}

/** @throws DatabaseRefused when both paths lead to one file, by whatever links. */
export function refuseSameFile(from: string, to: string): void {
  const one = statSync(from, { throwIfNoEntry: false, bigint: true });
  const other = statSync(to, { throwIfNoEntry: false, bigint: true });
  const same = one && other ? one.dev === other.dev && one.ino === other.ino : from === to;
  if (same) throw new DatabaseRefused(`${to} is the file to be copied itself.`);
}
