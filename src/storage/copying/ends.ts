import type { CopiedTable, Row } from './copied_tables.js';

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
