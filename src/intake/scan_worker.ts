import type { Worker } from 'node:worker_threads';
import { stopListening, type Threads, threadPerTask } from '../threads.js';
import { CurrentFile, type FileInHand } from './current_file.js';
import { ScanInterrupted } from './errors.js';
import { type ScanOperations, type ScanReply, type ScanTask, unpackError } from './scan_messages.js';
import type { ReaderOptions } from './session_reader.js';

/** When the thread is given up. Milliseconds. */
export interface ScanTiming {
  /** How long it lives on with nothing to do. */
  readonly idleMs: number;
  /** How long it may spend on one file. */
  readonly fileMs: number;
}

/**
 * Where sessions lie, how they are judged, the thread's patience (1 s idle and 5 s a file unless given), and where it
 * comes from (each is a new one unless given).
 */
export interface ScannerOptions extends ReaderOptions {
  readonly timing?: ScanTiming;
  readonly threads?: Threads | undefined;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One life of the scan thread. It ends once, and everything asked of it then fails with ScanInterrupted. */
export class ScanWorker {
  readonly #threads: Threads;
  readonly #worker: Worker;
  readonly #current = new CurrentFile();
  readonly #timing: ScanTiming;
  readonly #onEnd: (stuckIn: string | null) => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #watch: NodeJS.Timeout | null = null;
  #idle: NodeJS.Timeout | null = null;
  #ended = false;

  /** `onEnd` is told the file that the thread was ended over, or null. */
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

  /** Has the thread do something. Rejects with what it threw, or with ScanInterrupted if it ends first. */
  call<Operation extends keyof ScanOperations>(
    operation: Operation,
    ...args: Parameters<ScanOperations[Operation]>
  ): Promise<Awaited<ReturnType<ScanOperations[Operation]>>> {
    if (this.#ended) return Promise.reject(new ScanInterrupted('scan thread has ended'));
    this.stayAwake();
    this.#worker.ref();
    this.#watch ??= this.#watchFiles();
    const id = this.#nextId++;
    const reply = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#worker.postMessage({ id, operation, args });
    return reply as Promise<Awaited<ReturnType<ScanOperations[Operation]>>>;
  }

  /** Ends the thread unless something is asked of it within the idle time. */
  mayRest(): void {
    if (this.#waiting.size > 0 || this.#ended) return;
    this.#idle ??= setTimeout(() => void this.end('scan thread was idle'), this.#timing.idleMs).unref();
  }

  /** Keeps the thread until it may rest again. */
  stayAwake(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }

  /** Ends the thread; resolves when it is gone. What waits for it is rejected at once. */
  async end(reason: string, stuckIn: string | null = null): Promise<void> {
    const done = !this.#ended && this.#waiting.size === 0;
    if (!this.#ended) {
      this.#ended = true;
      this.stayAwake();
      this.#stopWatching();
      for (const { reject } of this.#waiting.values()) reject(new ScanInterrupted(reason, stuckIn));
      this.#waiting.clear();
      this.#onEnd(stuckIn);
    }
    if (!done) return void (await this.#worker.terminate());
    stopListening(this.#worker);
    this.#worker.postMessage(null);
    await this.#threads.giveBack(this.#worker);
  }

  #settle(reply: ScanReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) {
      this.#stopWatching();
      // A thread that nobody waits for must not keep the process alive.
      this.#worker.unref();
    }
    if (reply.failure === null) waiting?.resolve(reply.value);
    else waiting?.reject(unpackError(reply.failure));
  }

  #watchFiles(): NodeJS.Timeout {
    let seen: FileInHand | null = null;
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
