import { unlessAborted } from '../../unless_aborted.js';
import { TelegramTimeout, TelegramUnreachable } from '../errors.js';
import { type Caller, type LineParts, Lines } from './lines.js';
import { Places } from './places.js';
import { beginWork, type Work, type WorkOptions } from './work.js';

/** Runs pieces of work, each with lines of its own that do not outlive it. */
export class Switchboard {
  readonly #parts: LineParts;
  readonly #places: Places;
  readonly #running = new Map<Work, Promise<unknown>>();
  #closed = false;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#places = new Places(parts.limits.maxConnections);
  }

  /**
   * Runs `task` and hangs up. Rejects with what the task does, TelegramTimeout if it takes too long or its turn does
   * not come, the signal's reason, or TelegramUnreachable once this is closed.
   */
  run<Result>(
    caller: Caller,
    options: WorkOptions,
    task: (lines: Lines) => Promise<Result>,
  ): Promise<Result> {
    const work = beginWork(this.#parts.timers, options);
    if (this.#closed) work.stop(stopping());
    const result = this.#run(caller, work, options, task).finally(() => {
      work.stop(new TelegramUnreachable('the work is over'));
      this.#running.delete(work);
    });
    this.#running.set(work, result);
    return result;
  }

  /** Breaks all work off, refuses what comes later, and resolves when every connection is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const results = [...this.#running.values()];
    for (const work of this.#running.keys()) work.stop(stopping());
    await Promise.allSettled(results);
  }

  async #run<Result>(
    caller: Caller,
    work: Work,
    options: WorkOptions,
    task: (lines: Lines) => Promise<Result>,
  ): Promise<Result> {
    const leave = await this.#turn(work, options);
    const lines = new Lines(this.#parts, caller, work);
    try {
      return await unlessAborted(work.signal, task(lines));
    } finally {
      await lines.close();
      leave();
    }
  }

  /** Work without a deadline does not wait for ever either. */
  async #turn(work: Work, { seconds }: WorkOptions): Promise<() => void> {
    const { timers, limits } = this.#parts;
    const waited = new TelegramTimeout('too many are connected', limits.connectSeconds);
    const cancel = timers.after(limits.connectSeconds * 1000, () => {
      if (seconds === null) work.stop(waited);
    });
    try {
      return await this.#places.take(work.signal);
    } finally {
      cancel();
    }
  }
}

function stopping(): TelegramUnreachable {
  return new TelegramUnreachable('the service is stopping');
}
