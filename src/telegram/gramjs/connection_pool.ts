import { Semaphore } from '../../kernel/semaphore.js';
import type { Timers } from '../../kernel/timers.js';
import { unlessAborted } from '../../kernel/unless_aborted.js';
import { TelegramTimeout, TelegramUnreachable } from '../errors.js';
import type { AccountAccess } from '../gateway.js';
import type { TelegramNetwork } from '../network.js';
import { type ConnectionParts, NoKeyAgreed, TelegramConnection } from './connection.js';
import { type DataCentreId, pathTo } from './network_path.js';

/** What the pool opens connections with. */
export interface ConnectionPoolParts extends ConnectionParts {
  readonly network: TelegramNetwork;
}

/** Who calls, and through which proxy. */
export type Caller = Pick<AccountAccess, 'apiId' | 'proxy'>;

/** What a task is, and how long it may take. */
export interface TaskOptions {
  /** For the error, if it takes too long. */
  readonly what: string;
  /** Null: no deadline. */
  readonly seconds: number | null;
  /** Aborts it. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs tasks, each with connections of its own that do not outlive it. */
export class ConnectionPool {
  readonly #parts: ConnectionPoolParts;
  readonly #permits: Semaphore;
  readonly #running = new Map<Task, Promise<unknown>>();
  #closed = false;

  constructor(parts: ConnectionPoolParts) {
    this.#parts = parts;
    this.#permits = new Semaphore(parts.limits.maxConnections);
  }

  /**
   * Runs `work` and hangs up. Rejects with what the work rejects with, TelegramTimeout if it takes too long or has to
   * queue too long, the signal's reason, or TelegramUnreachable once the pool is closed.
   */
  run<Result>(
    caller: Caller,
    options: TaskOptions,
    work: (connections: TaskConnections) => Promise<Result>,
  ): Promise<Result> {
    const task = new Task(this.#parts.timers, options);
    if (this.#closed) task.stop(stopping());
    const result = this.#run(caller, task, options, work).finally(() => {
      task.stop(new TelegramUnreachable('the work is over'));
      this.#running.delete(task);
    });
    this.#running.set(task, result);
    return result;
  }

  /** Aborts all tasks, refuses new ones, and resolves when every connection is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const results = [...this.#running.values()];
    for (const task of this.#running.keys()) task.stop(stopping());
    await Promise.allSettled(results);
  }

  async #run<Result>(
    caller: Caller,
    task: Task,
    options: TaskOptions,
    work: (connections: TaskConnections) => Promise<Result>,
  ): Promise<Result> {
    const release = await this.#permit(task, options);
    const connections = new TaskConnections(this.#parts, caller, task);
    try {
      return await unlessAborted(task.signal, work(connections));
    } finally {
      await connections.close();
      release();
    }
  }

  /** A task without a deadline does not queue for ever either. */
  async #permit(task: Task, { seconds }: TaskOptions): Promise<() => void> {
    const { timers, limits } = this.#parts;
    const late = new TelegramTimeout('too many are connected', limits.connectSeconds);
    const cancel = timers.after(limits.connectSeconds * 1000, () => {
      if (seconds === null) task.stop(late);
    });
    try {
      return await this.#permits.acquire(task.signal);
    } finally {
      cancel();
    }
  }
}

function stopping(): TelegramUnreachable {
  return new TelegramUnreachable('the service is stopping');
}

/** Something to be done at Telegram, from its start to its one end: when it is over, its time is up, or it is aborted. */
class Task {
  readonly #end = new AbortController();
  readonly #cancels: (() => void)[] = [];
  #isHalfOver = false;

  constructor(timers: Timers, { what, seconds, signal }: TaskOptions) {
    if (seconds !== null) {
      const half = (): void => {
        this.#isHalfOver = true;
      };
      this.#cancels.push(timers.after(seconds * 500, half));
      this.#cancels.push(timers.after(seconds * 1000, () => this.stop(new TelegramTimeout(what, seconds))));
    }
    if (signal !== undefined) {
      const abort = (): void => this.stop(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      this.#cancels.push(() => signal.removeEventListener('abort', abort));
      if (signal.aborted) abort();
    }
  }

  /** Aborted at its end, with the reason. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Whether half of its time has passed. */
  get isHalfOver(): boolean {
    return this.#isHalfOver;
  }

  /** Ends it; only the first reason counts. */
  stop(reason: unknown): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    if (!this.signal.aborted) this.#end.abort(reason);
  }
}

/** The connections of one task. They end with it. */
export class TaskConnections {
  readonly #parts: ConnectionPoolParts;
  readonly #caller: Caller;
  readonly #task: Task;
  readonly #open = new Set<TelegramConnection>();
  #closed = false;

  constructor(parts: ConnectionPoolParts, caller: Caller, task: Task) {
    this.#parts = parts;
    this.#caller = caller;
    this.#task = task;
    const { signal } = task;
    signal.addEventListener('abort', () => this.#shut(signal.reason), { once: true });
  }

  /** Whether half of the task's time has passed. */
  get isHalfOver(): boolean {
    return this.#task.isHalfOver;
  }

  /**
   * A connection to a data centre; without an auth key, it agrees on a new one. Rejects with TelegramUnreachable,
   * TelegramTimeout, or the reason that the task stopped for.
   */
  async open(dataCentre: DataCentreId, authKey: Buffer | null): Promise<TelegramConnection> {
    try {
      return await this.#establish(dataCentre, authKey);
    } catch (error) {
      if (!(error instanceof NoKeyAgreed)) throw error;
      return this.#establish(dataCentre, authKey);
    }
  }

  /** Hangs up on one of them, and resolves when its socket is gone. */
  async hangUp(connection: TelegramConnection): Promise<void> {
    await connection.hangUp();
    this.#open.delete(connection);
  }

  /** Hangs up on all of them, and opens no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((connection) => this.hangUp(connection)));
  }

  async #establish(dataCentre: DataCentreId, authKey: Buffer | null): Promise<TelegramConnection> {
    this.#task.signal.throwIfAborted();
    if (this.#closed) throw new TelegramUnreachable('the work is over');
    const { apiId, proxy } = this.#caller;
    const path = pathTo(this.#parts.network, dataCentre, proxy);
    const connection = new TelegramConnection(this.#parts, { path, apiId, authKey });
    this.#open.add(connection);
    try {
      await connection.establish();
      return connection;
    } catch (error) {
      connection.shut(error);
      throw error;
    }
  }

  #shut(reason: unknown): void {
    for (const connection of this.#open) connection.shut(reason);
  }
}
