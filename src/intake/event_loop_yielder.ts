import { setImmediate } from 'node:timers/promises';

/** How long work may hold a thread's event loop before it yields. Milliseconds. */
const MAX_BLOCK_MS = 10;

/** Yields the event loop during long work, so that other requests to the thread need not wait for its end. */
export class EventLoopYielder {
  #since = performance.now();

  /** Whether the work has held the event loop for long enough. */
  isDue(): boolean {
    return performance.now() - this.#since > MAX_BLOCK_MS;
  }

  /** Lets the event loop run what waits. */
  async yield(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
