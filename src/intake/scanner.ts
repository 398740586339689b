import { resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import { stopListening, type Threads, threadPerTask } from '../kernel/threads.js';
import type { RememberedChannel } from '../peers/store.js';
import { ScanInterrupted } from './errors.js';
import type { Credentials } from './formats/session_string.js';
import {
  CurrentFile,
  type FileBeingRead,
  type InspectedFile,
  type KnownPage,
  type ScanOperations,
  type ScanReply,
  type ScanSummary,
  type ScanTask,
  unpackError,
} from './scan_protocol.js';
import type { ScanOptions } from './walk.js';

/** The time limits of the thread, in milliseconds. */
export interface ScanTiming {
  /** How long it stays alive when idle. */
  readonly idleMs: number;
  /** How long it may spend on one file. */
  readonly fileMs: number;
}

/** Where sessions are and how they are judged, and the thread that scans them. */
export interface ScannerOptions extends ScanOptions {
  /** By default 1 s idle and 5 s per file. */
  readonly timing?: ScanTiming;
  /** Provides threads; by default each is a new one. */
  readonly threads?: Threads | undefined;
}

/** How long a file that hung the thread is skipped, in milliseconds. */
const AVOID_MS = 3_600_000;

/**
 * Compares the sessions directory with what is known, on its own thread, which starts on demand and ends when idle.
 * One scan at a time; lists are read in batches, so as not to block the caller's event loop. If the thread is lost,
 * pending calls reject with ScanInterrupted and the scan has ended; the next `begin` starts a new thread.
 */
export class Scanner {
  readonly #options: ScannerOptions;
  readonly #avoid = new LRUCache<string, true>({ max: 1000, ttl: AVOID_MS });
  #worker: ScanWorker | null = null;
  #scanning = false;
  #closed = false;

  constructor(options: ScannerOptions) {
    this.#options = { ...options, root: resolve(options.root) };
  }

  /**
   * Scans all of the directory, or `only` certain names; drops any earlier scan. Rejects, and ends, with
   * SessionsDirectoryUnreadable, with ScanInterrupted naming a file that took too long (skipped for an hour), or with
   * what `known` throws.
   */
  async begin(known: AsyncIterable<KnownPage>, only?: readonly string[]): Promise<ScanSummary> {
    this.#scanning = true;
    try {
      const worker = this.#startedWorker();
      await worker.call('begin', only ?? null, [...this.#avoid.keys()]);
      for await (const page of known) await worker.call('known', page);
      return await worker.call('run');
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** The next files that appeared or changed, read and inspected; empty: there are no more. */
  readNext(limit: number): Promise<InspectedFile[]> {
    return this.#call((worker) => worker.call('readNext', limit));
  }

  /** The next known names that were not found; empty: there are no more. */
  goneNext(limit: number): Promise<string[]> {
    return this.#call((worker) => worker.call('goneNext', limit));
  }

  /** Drops the scan. Never rejects. */
  async end(): Promise<void> {
    this.#scanning = false;
    // A lost thread has dropped the scan as well.
    await this.#worker?.call('end').catch(() => undefined);
    this.#worker?.endWhenIdle();
  }

  /**
   * Reads one session's credentials from its files, relative to the sessions directory; null: it has no readable
   * ones. Rejects with SessionFileUnreadable. Works during a scan as well.
   */
  async credentials(file: string | null, json: string | null): Promise<Credentials | null> {
    const found = await this.#call((worker) => worker.call('credentials', file, json));
    // Between threads a Buffer arrives as a plain Uint8Array.
    return found && { ...found, authKey: Buffer.from(found.authKey) };
  }

  /**
   * Reads the channels that one session's file remembers, at most as many as a session may know: seen at `since` or
   * later, in milliseconds. Null: it is another session's file than the one with this auth key. Rejects with
   * SessionFileUnreadable. Works during a scan as well.
   */
  channels(file: string, authKeySha256: string, since: number): Promise<RememberedChannel[] | null> {
    return this.#call((worker) => worker.call('channels', file, authKeySha256, since));
  }

  /** Reads one session's complete `.session` file. Rejects with SessionFileUnreadable. Works during a scan as well. */
  async fileBytes(file: string): Promise<Buffer> {
    return Buffer.from(await this.#call((worker) => worker.call('fileBytes', file)));
  }

  /** Ends the thread permanently; pending calls are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.end('scanner is closed');
  }

  async #call<T>(ask: (worker: ScanWorker) => Promise<T>): Promise<T> {
    const worker = this.#startedWorker();
    try {
      return await ask(worker);
    } finally {
      if (!this.#scanning) worker.endWhenIdle();
    }
  }

  #startedWorker(): ScanWorker {
    if (this.#closed) throw new ScanInterrupted('scanner is closed');
    this.#worker ??= new ScanWorker(this.#options, (stuckIn) => {
      if (stuckIn !== null) this.#avoid.set(stuckIn, true);
      this.#worker = null;
      this.#scanning = false;
    });
    return this.#worker;
  }
}

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One instance of the scan thread. It ends once, and then all calls fail with ScanInterrupted. */
class ScanWorker {
  readonly #threads: Threads;
  readonly #worker: Worker;
  readonly #current = new CurrentFile();
  readonly #timing: ScanTiming;
  readonly #onEnd: (stuckIn: string | null) => void;
  readonly #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #watch: NodeJS.Timeout | null = null;
  #idle: NodeJS.Timeout | null = null;
  #ended = false;

  /** `onEnd` gets the file because of which the thread was ended, or null. */
  constructor(options: ScannerOptions, onEnd: (stuckIn: string | null) => void) {
    const { root, check, maxBytes, timing, threads = threadPerTask } = options;
    const task: ScanTask = { root, check, maxBytes, current: this.#current.shared };
    this.#threads = threads;
    this.#worker = threads.take(new URL('./scan_thread.js', import.meta.url));
    this.#worker.postMessage(task);
    this.#timing = timing ?? { idleMs: 1000, fileMs: 5000 };
    this.#onEnd = onEnd;
    this.#worker.on('message', (reply: ScanReply) => this.#settle(reply));
    this.#worker.on('error', (error: Error) => void this.end(`scan thread failed: ${error.message}`));
    this.#worker.on('exit', (code) => void this.end(`scan thread ended with code ${code}`));
  }

  /** Sends a request to the thread. Rejects with what it threw, or with ScanInterrupted if it ends first. */
  call<Operation extends keyof ScanOperations>(
    operation: Operation,
    ...args: Parameters<ScanOperations[Operation]>
  ): Promise<Awaited<ReturnType<ScanOperations[Operation]>>> {
    if (this.#ended) return Promise.reject(new ScanInterrupted('scan thread has ended'));
    this.#cancelIdle();
    this.#worker.ref();
    this.#watch ??= this.#watchFiles();
    const id = this.#nextId++;
    const reply = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    this.#worker.postMessage({ id, operation, args });
    return reply as Promise<Awaited<ReturnType<ScanOperations[Operation]>>>;
  }

  /** Ends the thread unless it gets a request within the idle time. */
  endWhenIdle(): void {
    if (this.#pending.size > 0 || this.#ended) return;
    this.#idle ??= setTimeout(() => void this.end('scan thread was idle'), this.#timing.idleMs).unref();
  }

  /** Keeps the thread until `endWhenIdle` is called again. */
  #cancelIdle(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }

  /** Ends the thread; resolves when it is gone. Pending calls are rejected at once. */
  async end(reason: string, stuckIn: string | null = null): Promise<void> {
    const done = !this.#ended && this.#pending.size === 0;
    if (!this.#ended) {
      this.#ended = true;
      this.#cancelIdle();
      this.#stopWatching();
      for (const { reject } of this.#pending.values()) reject(new ScanInterrupted(reason, stuckIn));
      this.#pending.clear();
      this.#onEnd(stuckIn);
    }
    if (!done) return void (await this.#worker.terminate());
    stopListening(this.#worker);
    this.#worker.postMessage(null);
    await this.#threads.giveBack(this.#worker);
  }

  #settle(reply: ScanReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) {
      this.#stopWatching();
      // An idle thread must not keep the process alive.
      this.#worker.unref();
    }
    if (reply.failure === null) pending?.resolve(reply.value);
    else pending?.reject(unpackError(reply.failure));
  }

  #watchFiles(): NodeJS.Timeout {
    let seen: FileBeingRead | null = null;
    let since = performance.now();
    return setInterval(() => {
      const now = this.#current.peek();
      if (now === null || now.ticket !== seen?.ticket) since = performance.now();
      seen = now;
      if (now === null || performance.now() - since < this.#timing.fileMs) return;
      void this.end(`reading ${now.path} took over ${this.#timing.fileMs / 1000} s`, now.path);
    }, this.#timing.fileMs / 10);
  }

  #stopWatching(): void {
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#watch = null;
  }
}
