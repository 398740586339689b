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
