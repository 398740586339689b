import type { Worker } from 'node:worker_threads';
import { stopListening, type Threads, threadPerTask } from '../kernel/threads.js';
import type { Timers } from '../kernel/timers.js';
import { nameOf } from './names.js';
import type { WatchReport, WatchTask } from './watch_thread.js';

/** A file is scanned once nothing was written to it for so long, in milliseconds. */
const SETTLE_MS = 500;

/** However busy the directory is, it is scanned after so long, in milliseconds. */
const MAX_WAIT_MS = 5000;

/** How many names are remembered one by one; with more, the whole directory is scanned. */
const MAX_NAMES = 200;

/** How many directories are watched: the more there are, the longer chokidar takes as one is removed. */
const MAX_DIRECTORIES = 4096;

export interface WatcherParts {
  readonly root: string;
  readonly timers: Timers;
  /** Something settled: these names, or (null) unknown ones. */
  readonly onSettled: (names: readonly string[] | null) => void;
  /** From now on not everything is watched, and why; called once a start. */
  readonly onIncomplete: (reason: string) => void;
  /** How many directories are watched; 4,096 unless given. */
  readonly maxDirectories?: number;
  /** Where the thread comes from that watches; a new one unless given. */
  readonly threads?: Threads | undefined;
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

  /** Watches the directory now at the root, and asks for a full scan once it does. */
  start(): void {
    this.#watch?.close();
    const { root, onIncomplete, maxDirectories = MAX_DIRECTORIES, threads = threadPerTask } = this.#parts;
    const listeners = { onChanged: (path: string | null) => this.#changed(path), onIncomplete };
    this.#watch = new Watch(threads, { root, maxDirectories }, listeners);
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

/** One watch over the root, carried out by a thread: thousands of files that come at once keep no request waiting. */
class Watch {
  readonly #threads: Threads;
  readonly #thread: Worker;

  constructor(threads: Threads, task: WatchTask, { onChanged, onIncomplete }: WatchListeners) {
    this.#threads = threads;
    this.#thread = threads.take(new URL('./watch_thread.js', import.meta.url));
    // This thread must not keep the process alive.
    this.#thread.unref();
    this.#thread.on('message', (report: WatchReport) => {
      if (report.kind === 'incomplete') onIncomplete(report.reason);
      else for (const path of report.paths) onChanged(path);
    });
    this.#thread.on('error', (error: Error) => onIncomplete(`the watch failed: ${error.message}`));
    this.#thread.postMessage(task);
  }

  close(): void {
    stopListening(this.#thread);
    this.#thread.postMessage(null);
    void this.#threads.giveBack(this.#thread);
  }
}
