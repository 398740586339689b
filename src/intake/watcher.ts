import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { basename, relative } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Timers } from '../timers.js';
import { systemCode } from './errors.js';
import { fileKind, nameOf } from './names.js';

/** A file is scanned once nothing was written to it for so long, in milliseconds. */
const SETTLE_MS = 500;

/** However busy the directory is, it is scanned after so long, in milliseconds. */
const MAX_WAIT_MS = 5000;

/** How many names are remembered one by one; with more, the whole directory is scanned. */
const MAX_NAMES = 200;

/** How many directories are watched: the more there are, the longer chokidar takes as one is removed. */
const MAX_DIRECTORIES = 4096;

/** Files that SQLite keeps beside a session while it is written. */
const SIDE_FILE = /-(journal|wal|shm)$/;

export interface WatcherParts {
  readonly root: string;
  readonly timers: Timers;
  /** Something settled: these names, or (null) nobody knows what. */
  readonly onSettled: (names: readonly string[] | null) => void;
  /** From now on not everything is watched, and why; called once a start. */
  readonly onIncomplete: (reason: string) => void;
  /** How many directories are watched; 4,096 unless given. */
  readonly maxDirectories?: number;
}

/** Says which names to scan, as soon as the operating system reports changes below SESSIONS_DIR. */
export class SessionsWatcher {
  readonly #parts: WatcherParts;
  #watch: Watch | null = null;
  #names: Set<string> | null = new Set();
  #stopTimer: (() => void) | null = null;
  #stopMaxWait: (() => void) | null = null;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /** Watches what lies at the root now, and asks for a scan of everything once it does. */
  start(): void {
    this.#watch?.close();
    const { root, onIncomplete, maxDirectories = MAX_DIRECTORIES } = this.#parts;
    this.#watch = new Watch(root, maxDirectories, { onChanged: (path) => this.#changed(path), onIncomplete });
  }

  /** Watches nothing. What has not settled is forgotten. */
  close(): void {
    this.#watch?.close();
    this.#watch = null;
    this.#forget();
  }

  #changed(path: string | null): void {
    this.#remember(path);
    this.#stopTimer?.();
    this.#stopTimer = this.#parts.timers.after(SETTLE_MS, () => this.#settled());
    this.#stopMaxWait ??= this.#parts.timers.after(MAX_WAIT_MS, () => this.#settled());
  }

  #remember(path: string | null): void {
    const naming = path === null ? null : nameOf(path);
    if (naming === null || !('name' in naming)) this.#names = null;
    else this.#names?.add(naming.name);
    if (this.#names && this.#names.size > MAX_NAMES) this.#names = null;
  }

  #settled(): void {
    const names = this.#names;
    this.#forget();
    this.#parts.onSettled(names && [...names]);
  }

  #forget(): void {
    this.#names = new Set();
    this.#stopTimer?.();
    this.#stopMaxWait?.();
    this.#stopTimer = null;
    this.#stopMaxWait = null;
  }
}

interface WatchListeners {
  /** A session's file changed, by its path below the root; null: anything else did. */
  readonly onChanged: (path: string | null) => void;
  readonly onIncomplete: (reason: string) => void;
}

/** One life of chokidar's watch over the root, one watch of the system's for each directory. */
class Watch {
  readonly #root: string;
  readonly #maxDirectories: number;
  readonly #listeners: WatchListeners;
  readonly #directories = new Set<string>();
  readonly #watcher: FSWatcher;
  #incomplete = false;

  constructor(root: string, maxDirectories: number, listeners: WatchListeners) {
    this.#root = realPath(root);
    this.#maxDirectories = maxDirectories;
    this.#listeners = listeners;
    this.#watcher = watch(this.#root, {
      backend: 'native',
      ignored: (path, stats) => this.#isIgnored(path, stats),
      ignoreInitial: true,
      atomic: false,
      awaitWriteFinish: false,
      followSymlinks: false,
      ignorePermissionErrors: true,
      persistent: false,
    });
    this.#watcher.on('all', (event, path) => {
      if (event === 'unlinkDir') this.#directories.delete(path);
      listeners.onChanged(fileKind(path) === null ? null : relative(this.#root, path));
    });
    // Between the last scan and the watch, changes went unseen.
    this.#watcher.on('ready', () => listeners.onChanged(null));
    this.#watcher.on('error', (error) => this.#setIncomplete(systemCode(error)));
  }

  close(): void {
    // All that its handles can fail with is being gone already.
    this.#watcher.close().catch(() => undefined);
  }

  /**
   * By name alone for every session's file and what SQLite keeps beside it, because chokidar rereads a whole
   * directory when a file that is not ignored comes and goes unseen. Of other names, only directories count.
   */
  #isIgnored(path: string, stats: Stats | undefined): boolean {
    if (path === this.#root) return false;
    if (!path.startsWith(this.#root === '/' ? '/' : `${this.#root}/`)) return true;
    const name = basename(path);
    if (SIDE_FILE.test(name) || name.startsWith('.')) return true;
    const kind = fileKind(name);
    if (kind !== null && !stats?.isDirectory()) return false;
    const found = stats ?? lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return !this.#directories.has(path);
    return !found.isDirectory() || kind === 'session' || !this.#admits(path);
  }

  #admits(directory: string): boolean {
    if (this.#directories.has(directory)) return true;
    if (this.#directories.size >= this.#maxDirectories) {
      this.#setIncomplete(`more than ${this.#maxDirectories} directories`);
      return false;
    }
    this.#directories.add(directory);
    return true;
  }

  #setIncomplete(reason: string): void {
    if (this.#incomplete) return;
    this.#incomplete = true;
    this.#listeners.onIncomplete(reason);
  }
}

/** The path behind links, because chokidar is to follow none; the path itself where nothing is there any more. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
