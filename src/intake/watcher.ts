import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { basename, relative } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Timers } from '../timers.js';
import { systemCode } from './errors.js';
import { fileKind, nameOf } from './names.js';

/** A file is looked at when nothing was written to it for so long, in milliseconds. */
const SETTLE_MS = 500;

/** However busy the directory is, it is looked at after so long, in milliseconds. */
const LONGEST_MS = 5000;

/** Names that are remembered one by one; with more, the whole directory is looked at. */
const MOST_NAMES = 200;

/** Directories that are watched at the most: what chokidar does as one goes takes time with how many there are. */
const MOST_DIRECTORIES = 4096;

/** Files that SQLite keeps beside a session while it is written to. */
const SIDE_FILE = /-(journal|wal|shm)$/;

export interface WatcherParts {
  readonly root: string;
  readonly timers: Timers;
  /** Something settled: these names, or (null) it is not known what. */
  readonly onSettled: (names: readonly string[] | null) => void;
  /** From now on not everything is watched, and why; told once a start. */
  readonly onIncomplete: (reason: string) => void;
  /** Directories that are watched at the most; 4,096 unless given. */
  readonly mostDirectories?: number;
}

/** Says which names to look at, as soon as the operating system tells of changes below SESSIONS_DIR. */
export class SessionsWatcher {
  readonly #parts: WatcherParts;
  #watch: Watch | null = null;
  #names: Set<string> | null = new Set();
  #stopTimer: (() => void) | null = null;
  #stopLongest: (() => void) | null = null;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /** Watches what lies at the root now, and asks for a look at everything once it does. */
  start(): void {
    this.#watch?.close();
    const { root, onIncomplete, mostDirectories: most = MOST_DIRECTORIES } = this.#parts;
    this.#watch = new Watch(root, most, { onChanged: (path) => this.#changed(path), onIncomplete });
  }

  /** Watches nothing. What has not settled is forgotten. */
  close(): void {
    this.#watch?.close();
    this.#watch = null;
    this.#forget();
  }

  #changed(path: string | null): void {
    this.#note(path);
    this.#stopTimer?.();
    this.#stopTimer = this.#parts.timers.after(SETTLE_MS, () => this.#settled());
    this.#stopLongest ??= this.#parts.timers.after(LONGEST_MS, () => this.#settled());
  }

  #note(path: string | null): void {
    const naming = path === null ? null : nameOf(path);
    if (naming === null || !('name' in naming)) this.#names = null;
    else this.#names?.add(naming.name);
    if (this.#names && this.#names.size > MOST_NAMES) this.#names = null;
  }

  #settled(): void {
    const names = this.#names;
    this.#forget();
    this.#parts.onSettled(names && [...names]);
  }

  #forget(): void {
    this.#names = new Set();
    this.#stopTimer?.();
    this.#stopLongest?.();
    this.#stopTimer = null;
    this.#stopLongest = null;
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
  readonly #mostDirectories: number;
  readonly #listeners: WatchListeners;
  readonly #directories = new Set<string>();
  readonly #watcher: FSWatcher;
  #incomplete = false;

  constructor(root: string, mostDirectories: number, listeners: WatchListeners) {
    this.#root = realPath(root);
    this.#mostDirectories = mostDirectories;
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
    // Between the last look and the watch, changes went unseen.
    this.#watcher.on('ready', () => listeners.onChanged(null));
    this.#watcher.on('error', (error) => this.#fallShort(systemCode(error)));
  }

  close(): void {
    // All that its handles can fail with is being gone already.
    this.#watcher.close().catch(() => undefined);
  }

  /**
   * By name alone for every session's file and what SQLite keeps beside it, because chokidar reads a whole
   * directory anew when a file that is not ignored comes and goes unseen. Of other names, only directories count.
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
    if (this.#directories.size >= this.#mostDirectories) {
      this.#fallShort(`more than ${this.#mostDirectories} directories`);
      return false;
    }
    this.#directories.add(directory);
    return true;
  }

  #fallShort(reason: string): void {
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
