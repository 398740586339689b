import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { basename, relative } from 'node:path';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { type FSWatcher, watch } from 'chokidar';
import { systemCode } from './errors.js';
import { fileKind } from './names.js';

/** Files that SQLite keeps beside a session while it is written. */
const SIDE_FILE = /-(journal|wal|shm)$/;

/** How many paths one report names; with more, it says that anything may have changed. */
const MAX_PATHS = 500;

/** What the thread watches. */
export interface WatchTask {
  readonly root: string;
  /** How many directories are watched. */
  readonly maxDirectories: number;
}

/** What the thread says. `paths`: below the root, of a session's file; null: anything else changed. */
export type WatchReport =
  | { readonly kind: 'changed'; readonly paths: readonly (string | null)[] }
  | { readonly kind: 'incomplete'; readonly reason: string };

interface WatchListeners {
  readonly onChanged: (path: string | null) => void;
  readonly onIncomplete: (reason: string) => void;
}

/**
 * The thread that watches SESSIONS_DIR, away from the event loop that serves requests: chokidar looks at every file
 * that arrives. Its first message says what to watch; `null` ends the watch, and the thread may be given another.
 */
function serve(port: MessagePort): void {
  port.once('message', (task: WatchTask) => {
    let isWatching = true;
    // Chokidar may still report while it closes, when the next watch has already begun.
    const report = (what: WatchReport) => {
      if (isWatching) port.postMessage(what);
    };
    const changes = new Changes((paths) => report({ kind: 'changed', paths }));
    const directory = new DirectoryWatch(task, {
      onChanged: (path) => changes.add(path),
      onIncomplete: (reason) => report({ kind: 'incomplete', reason }),
    });
    port.once('message', () => {
      isWatching = false;
      directory.close();
      serve(port);
    });
  });
}

/** Changes of one turn of the event loop, reported together. */
class Changes {
  readonly #report: (paths: readonly (string | null)[]) => void;
  #paths = new Set<string | null>();
  #isScheduled = false;

  constructor(report: (paths: readonly (string | null)[]) => void) {
    this.#report = report;
  }

  add(path: string | null): void {
    this.#paths.add(path);
    if (this.#paths.size > MAX_PATHS) this.#paths = new Set([null]);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const paths = [...this.#paths];
      this.#paths.clear();
      this.#report(paths);
    });
  }
}

/** Chokidar's watch over the root, one watch of the system's for each directory. */
class DirectoryWatch {
  readonly #root: string;
  readonly #maxDirectories: number;
  readonly #listeners: WatchListeners;
  readonly #directories = new Set<string>();
  readonly #watcher: FSWatcher;
  #incomplete = false;

  constructor({ root, maxDirectories }: WatchTask, listeners: WatchListeners) {
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

if (parentPort) serve(parentPort);
