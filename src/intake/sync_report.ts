import type { Rejection } from './rejections.js';

/** How a look at the directory is meant. */
export interface SyncOptions {
  /** Changes nothing. */
  readonly dryRun?: boolean;
  /** Removes rows even where so many would go that the disk is more likely to be gone than the files. */
  readonly force?: boolean;
  /** Looks at these names only. */
  readonly only?: readonly string[];
}

/** What a sync found and did. */
export interface SyncReport {
  readonly added: number;
  readonly removed: number;
  readonly updated: number;
  readonly missing: number;
  readonly total: number;
  readonly rejected: readonly Rejection[];
  readonly rejectedTotal: number;
  /** Names whose files were being written; worth another look in a moment. */
  readonly unsettled: readonly string[];
}

/** How far a sync is: files read, of those that must be. */
export interface SyncProgress {
  readonly read: number;
  readonly toRead: number;
}
