import type { Worker } from 'node:worker_threads';
import { DatabaseDamaged, Unavailable } from '../../kernel/errors.js';
import { stopListening, type Threads, threadPerTask } from '../../kernel/threads.js';
import type { PoolNotice, PoolSignals } from '../../pool/store.js';
import { DatabaseRefused } from '../database.js';
import type { Stores } from '../repositories/repositories.js';
import type { CallFailure } from './batch.js';
import type { OpenDatabase } from './open.js';
import { saysDamaged } from './soundness.js';
import type { Answer, Call, Operations, ThreadOptions } from './thread_protocol.js';

/** After this many calls, a batch is sent to the thread without waiting for the end of the event loop's turn. */
const CALLS_A_MESSAGE = 16;

/** The maximum number of calls waiting for the database; beyond it, calls are rejected to save memory. */
const MAX_PENDING = 20_000;

/** SQLite's codes that blame the disk, not the request. The same call may succeed later. */
const DISK = /^SQLITE_(FULL|READONLY|IOERR|CANTOPEN|BUSY|LOCKED|NOMEM|PERM|AUTH|PROTOCOL)/;

interface Pending {
  readonly call: Call;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * The service's side of the database thread. Calls made while a transaction is being written to disk share the next
 * one: under load, one disk write serves many requests, and each is answered after it.
 */
export class SqliteDatabase implements PoolSignals {
  readonly stores: Stores;
  /** The result of the check at the start. */
  readonly found: Pick<OpenDatabase, 'checked' | 'replaced'>;
  readonly #threads: Threads;
  readonly #thread: Worker;
  #waiting: Pending[] = [];
  #underWay: Pending[] = [];
  #scheduled = false;
  #ended: Error | null = null;
  #damaged = false;
  #nextDeadline = 0;
  readonly #freedListeners: ((count: number) => void)[] = [];
  readonly #happenedListeners: ((notices: readonly PoolNotice[]) => void)[] = [];
  readonly #damagedListeners: ((reason: string) => void)[] = [];
  readonly #idle: (() => void)[] = [];

  private constructor(threads: Threads, thread: Worker, ready: Extract<Answer, { kind: 'ready' }>) {
    this.found = ready;
    this.#threads = threads;
    this.#thread = thread;
    this.stores = this.#storesOf(ready.operations);
    thread.on('message', (answer: Answer) => this.#answered(answer));
    thread.on('error', (error) => this.#fail(error));
    thread.on('exit', () => this.#fail(new Error('the database thread ended')));
  }

  /** Opens the file on its own thread. @throws DatabaseRefused if it can't be used. */
  static async open(options: ThreadOptions, threads: Threads = threadPerTask): Promise<SqliteDatabase> {
    const thread = threads.take(new URL('./thread.js', import.meta.url));
    const first = await new Promise<Answer>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.postMessage(options);
    });
    thread.removeAllListeners('error');
    if (first.kind === 'ready') return new SqliteDatabase(threads, thread, first);
    await threads.giveBack(thread);
    throw new DatabaseRefused(first.kind === 'refused' ? first.message : 'no answer');
  }

  /** Called once, with the reason, if the file turns out to be damaged. */
  onDamaged(listener: (reason: string) => void): void {
    this.#damagedListeners.push(listener);
  }

  /** Makes every later call fail with DatabaseDamaged: anything read or written could be wrong. */
  refuseAsDamaged(reason: string): void {
    if (this.#damaged) return;
    this.#damaged = true;
    for (const listener of this.#damagedListeners) listener(reason);
    // Waiting requests retry, and find out.
    for (const listener of this.#freedListeners) listener(0);
  }

  onFreed(listener: (count: number) => void): void {
    this.#freedListeners.push(listener);
  }

  onHappened(listener: (notices: readonly PoolNotice[]) => void): void {
    this.#happenedListeners.push(listener);
  }

  nextDeadline(): number | null {
    return Number.isFinite(this.#nextDeadline) ? this.#nextDeadline : null;
  }

  /** Waits for every call made so far, then closes the file. */
  async close(): Promise<void> {
    if (this.#ended) return;
    while (this.#waiting.length > 0 || this.#underWay.length > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#ended = new Error('the database is closed');
    await new Promise<void>((resolve) => {
      this.#thread.once('exit', () => resolve());
      this.#thread.on('message', ({ kind }: Answer) => kind === 'closed' && resolve());
      this.#thread.postMessage(null);
    });
    stopListening(this.#thread);
    await this.#threads.giveBack(this.#thread);
  }

  /** The thread's stores satisfy the ports, so that it has each of their operations. */
  #storesOf(operations: Operations): Stores {
    const stores = operations.map(([store, names]) => {
      const calls = names.map((name) => [name, (...args: unknown[]) => this.#call([store, name, args])]);
      return [store, Object.fromEntries(calls)];
    });
    return Object.fromEntries(stores);
  }

  #call(call: Call): Promise<unknown> {
    if (this.#ended) return Promise.reject(unavailable(this.#ended));
    if (this.#damaged) return Promise.reject(new DatabaseDamaged());
    if (this.#underWay.length >= MAX_PENDING)
      return Promise.reject(unavailable(new Error('too many calls are waiting')));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      if (this.#waiting.length >= CALLS_A_MESSAGE) this.#send();
      else this.#schedule();
    });
  }

  /** Calls of one turn of the event loop are sent together, or some of them early. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#waiting.length === 0) return;
    const calls = this.#waiting;
    this.#waiting = [];
    this.#underWay.push(...calls);
    this.#thread.postMessage(calls.map((pending) => pending.call));
  }

  #answered(answer: Answer): void {
    if (answer.kind !== 'batch') return;
    this.#nextDeadline = answer.nextDeadline;
    const answered = this.#underWay.splice(0, answer.results.length);
    for (const [index, pending] of answered.entries()) {
      const result = answer.results[index];
      if (result && 'value' in result) pending.resolve(result.value);
      else pending.reject(this.#failed(result?.failure ?? { code: 'UNEXPECTED', message: 'no answer' }));
    }
    if (answer.notices.length > 0) for (const listener of this.#happenedListeners) listener(answer.notices);
    if (answer.freed > 0) for (const listener of this.#freedListeners) listener(answer.freed);
    if (this.#waiting.length === 0 && this.#underWay.length === 0)
      for (const resolve of this.#idle.splice(0)) resolve();
  }

  #failed({ code, message }: CallFailure): Error {
    if (saysDamaged(code)) {
      this.refuseAsDamaged(message);
      return new DatabaseDamaged();
    }
    const error = Object.assign(new Error(message), { code });
    return DISK.test(code) ? unavailable(error) : error;
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const pending of [...this.#underWay, ...this.#waiting]) pending.reject(unavailable(error));
    this.#underWay = [];
    this.#waiting = [];
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function unavailable(cause: Error): Unavailable {
  return new Unavailable(
    { error: 'storage_unavailable', message: 'the database cannot be written at the moment' },
    5,
    { cause },
  );
}
