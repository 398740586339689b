import { DatabaseRefused } from '../database.js';
import type { CopiedTable, Row } from './copied_tables.js';

/** How many rows are read at a time, so that memory stays small however long the table is. */
export const ROWS_AT_ONCE = 2_000;

/** A copy failed, or differs from its source; the message says why, and what happened to the target. */
export class CopyFailed extends Error {
  override readonly name = 'CopyFailed';
}

/** A snapshot of a database. */
export interface Readable {
  /** All rows in the order of their primary keys, text by its bytes, some thousand at a time. */
  rows(table: CopiedTable): AsyncIterable<readonly Row[]>;
}

/** The source of a copy. No service writes to it until it is closed. */
export interface CopySource extends Readable {
  /**
   * A lock that the source's server, if it has one, holds: a target in the same database finds it taken. Null: a
   * file, which the target can compare itself.
   */
  readonly mark: string | null;
  /** The highest id that a row of the table ever had; 0: none. */
  highestId(table: CopiedTable): Promise<number>;
  close(): Promise<void>;
}

/** The target of a copy: all or nothing. Nothing of it is visible to others before `keep`. */
export interface CopyTarget extends Readable {
  insert(table: CopiedTable, rows: readonly Row[]): Promise<void>;
  /** New rows get higher ids than this. */
  continueFrom(table: CopiedTable, highestId: number): Promise<void>;
  /** Called after the last row: writes the session counts, and prepares to read the rows back. */
  saveCounts(counts: ReadonlyMap<string, number>): Promise<void>;
  /** Commits the copy durably, and closes the target. */
  keep(): Promise<void>;
  /** Closes the target, and discards the copy. */
  undo(): Promise<void>;
}

/** The target of a copy has rows, or is something else. */
export class TargetOccupied extends DatabaseRefused {
  /** Why, without what to do. */
  readonly why: string;

  constructor(why: string) {
    super(`${why} Nothing was changed: a copy needs a new database.`);
    this.why = why;
  }
}

/** @throws TargetOccupied if tables of the target have rows; it names them. */
export function refuseOccupied(place: string, tables: readonly string[]): void {
  if (tables.length === 0) return;
  throw new TargetOccupied(`${place} is not empty: there are rows in ${tables.join(', ')}.`);
}
