/** Calls back later. Passed in, so that tests turn the hands themselves. */
export interface Timers {
  /** Calls `action` once after so many milliseconds, unless the returned function is called first. */
  after(milliseconds: number, action: () => void): () => void;
}

/** The longest delay a Node timer takes, in milliseconds (a longer one fires at once). */
const LONGEST = 2_147_483_647;

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
  return setTimeout(action, Math.min(Math.max(milliseconds, 0), LONGEST));
}
