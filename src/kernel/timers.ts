/** Calls back later. Passed in, so that tests control the time. */
export interface Timers {
  /** Calls `action` once after so many milliseconds, unless the returned function is called first. */
  after(milliseconds: number, action: () => void): () => void;
}

/** The longest delay of a Node timer: a longer one fires at once. */
const MAX_DELAY_MS = 2_147_483_647;

/** Node's timers; a waiting one does not keep the process alive. */
export const nodeTimers: Timers = {
  after(milliseconds, action) {
    const timer = start(milliseconds, action);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** As `nodeTimers`, but a waiting one keeps the process alive: for pauses in work that somebody awaits. */
export const awaitedTimers: Timers = {
  after(milliseconds, action) {
    const timer = start(milliseconds, action);
    return () => clearTimeout(timer);
  },
};

function start(milliseconds: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.min(Math.max(milliseconds, 0), MAX_DELAY_MS));
}

/** The pause of something that looks for work again and again, and that can be woken up earlier. For one sleeper. */
export class WakeablePause {
  readonly #timers: Timers;
  #isWoken = false;
  #end = () => {};

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Ends the pause; where there is none, the next one ends at once. */
  wake(): void {
    this.#isWoken = true;
    this.#end();
  }

  /** Resolves after so many milliseconds, or once it is woken up or the signal is aborted. */
  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.#isWoken && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const stopTimer = this.#timers.after(milliseconds, resolve);
        this.#end = () => {
          stopTimer();
          resolve();
        };
        signal.addEventListener('abort', this.#end, { once: true });
      });
      signal.removeEventListener('abort', this.#end);
      this.#end = () => {};
    }
    this.#isWoken = false;
  }
}
