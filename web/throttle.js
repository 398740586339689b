/**
 * Runs something soon after it is called, but at most every `ms`, however often it is called: a busy pool sends
 * thousands of events a second.
 *
 * @param {number} ms
 * @param {() => unknown} work
 * @returns {() => void}
 */
export function atMostEvery(ms, work) {
  let timer = null;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (timer !== null) return;
    const wait = Math.max(0, last + ms - performance.now());
    timer = setTimeout(() => {
      timer = null;
      last = performance.now();
      work();
    }, wait);
  };
}

/** Runs something once it has not been called for `ms`: a search should not run for every letter typed. */
export function onceQuietFor(ms, work) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}
