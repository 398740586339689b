/**
 * Settles as `promise` does; rejects with the signal's reason if that is aborted first. What becomes of the
 * promise afterwards is ignored: it can't end as an unhandled rejection.
 */
export function unlessAborted<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const listener = new AbortListener(signal, reject);
    promise.then(resolve, reject).then(listener.leave, listener.leave);
  });
}

/**
 * Listens until it leaves, and then holds nothing. Node lets a listener that has left point at the next one: one that
 * has grown old would keep the results of all that came after it, until old memory is looked through.
 */
class AbortListener {
  readonly #signal: AbortSignal;
  #reject: ((reason: unknown) => void) | null;

  constructor(signal: AbortSignal, reject: (reason: unknown) => void) {
    this.#signal = signal;
    this.#reject = reject;
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  readonly leave = (): void => {
    this.#signal.removeEventListener('abort', this.#abort);
    this.#reject = null;
  };

  readonly #abort = (): void => this.#reject?.(this.#signal.reason);
}
