/**
 * Runs something soon after it is called, and never more often than every `ms`, however often it is called:
 * a busy pool tells of thousands of events a second.
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

/** Runs something once it was not called for `ms`: what is being typed is not looked up letter by letter. */
export function onceQuietFor(ms, work) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}
