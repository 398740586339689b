import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'winston';
import type { Timers } from '../timers.js';
import { fileKind, nameOf } from './names.js';

/** A file is looked at when nothing was written to it for so long, in milliseconds. */
const SETTLE_MS = 500;

/** However busy the directory is, it is looked at after so long, in milliseconds. */
const LONGEST_MS = 5000;

/** Names that are remembered one by one; with more, the whole directory is looked at. */
const MOST_NAMES = 200;

/** Directories that are watched at the most; files in further ones are found by the sweep. */
const MOST_DIRECTORIES = 4096;

/** Files that SQLite keeps beside a session while it is written to. */
const SIDE_FILE = /-(journal|wal|shm)$/;

export interface WatcherParts {
  readonly root: string;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Something settled: these names, or (null) it is not known what. */
  readonly onSettled: (names: readonly string[] | null) => void;
}

/**
 * Watches the directories of SESSIONS_DIR, one watch a directory and none a file, so that a hundred
 * thousand sessions cost no more than one.
 */
export class SessionsWatcher {
  readonly #parts: WatcherParts;
  readonly #watches = new Map<string, FSWatcher>();
  #names: Set<string> | null = new Set();
  #stopTimer: (() => void) | null = null;
  #stopLongest: (() => void) | null = null;
  #warned = false;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /** Watches just these directories, given relative to the root. */
  watch(directories: readonly string[]): void {
    const wanted = new Set(directories.slice(0, MOST_DIRECTORIES));
    for (const [directory, watcher] of this.#watches) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watches.delete(directory);
    }
    for (const directory of wanted) if (!this.#watches.has(directory)) this.#add(directory);
    if (directories.length > MOST_DIRECTORIES) this.#warn(`more than ${MOST_DIRECTORIES} directories`);
  }

  close(): void {
    this.#stopTimer?.();
    this.#stopLongest?.();
    for (const watcher of this.#watches.values()) watcher.close();
    this.#watches.clear();
  }

  #add(directory: string): void {
    try {
      const watcher = watch(join(this.#parts.root, directory), { persistent: false });
      watcher.on('change', (_event, file) => this.#changed(directory, file ? String(file) : null));
      watcher.on('error', () => this.#forget(directory));
      this.#watches.set(directory, watcher);
    } catch (error) {
      this.#warn(error instanceof Error ? error.message : String(error));
    }
  }

  #forget(directory: string): void {
    this.#watches.get(directory)?.close();
    this.#watches.delete(directory);
    this.#changed(directory, null);
  }

  #changed(directory: string, file: string | null): void {
    if (file !== null && (SIDE_FILE.test(file) || file.startsWith('.'))) return;
    this.#note(directory, file);
    this.#stopTimer?.();
    this.#stopTimer = this.#parts.timers.after(SETTLE_MS, () => this.#settled());
    this.#stopLongest ??= this.#parts.timers.after(LONGEST_MS, () => this.#settled());
  }

  /** A session's file is noted by its name; anything else may be a directory that came or went. */
  #note(directory: string, file: string | null): void {
    const path = join(directory, file ?? '');
    const naming = fileKind(path) ? nameOf(path) : null;
    if (naming === null || !('name' in naming)) this.#names = null;
    else this.#names?.add(naming.name);
    if (this.#names && this.#names.size > MOST_NAMES) this.#names = null;
  }

  #settled(): void {
    const names = this.#names;
    this.#names = new Set();
    this.#stopTimer?.();
    this.#stopLongest?.();
    this.#stopTimer = null;
    this.#stopLongest = null;
    this.#parts.onSettled(names && [...names]);
  }

  #warn(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#parts.logger.warn(
      'not all of SESSIONS_DIR can be watched; new files there wait for the next sweep',
      { reason },
    );
  }
}
