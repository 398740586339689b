/**
 * Settles as `promise` does; rejects with the signal's reason if that is aborted first. What becomes of the
 * promise afterwards is nobody's business any more: it can't end as an unhandled rejection.
 */
export function unlessAborted<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', abort);
    promise.then(resolve, reject).then(settled, settled);
  });
}
