/** What the client takes from the machine it runs on. Passed in, so that tests control time and network. */
export interface Runtime {
  /** Milliseconds on a clock that no change of the date affects. */
  monotonic(): number;
  /**
   * Calls `action` once after so many milliseconds, unless the returned function is called first. `background`: a
   * waiting timer does not keep the process alive.
   */
  after(milliseconds: number, action: () => void, background?: boolean): () => void;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** A text that nobody else has. */
  newKey(): string;
}

/** The platform's own clock, timers and `fetch`. */
export function systemRuntime(fetchImplementation?: typeof fetch): Runtime {
  return {
    monotonic: () => performance.now(),
    after(milliseconds, action, background = false) {
      const timer: unknown = setTimeout(action, milliseconds);
      // Node, Bun and Deno return an object; browsers a number.
      if (background && typeof timer === 'object') (timer as { unref?: () => void }).unref?.();
      return () => clearTimeout(timer as number);
    },
    fetch: (url, init) => (fetchImplementation ?? fetch)(url, init),
    // Browsers have randomUUID on https only.
    newKey: () =>
      Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(36)).join('-'),
  };
}

/** Resolves after so many milliseconds; 0: at once. @throws the signal's reason as soon as it is aborted. */
export async function pause(runtime: Runtime, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  return unlessAborted(signal, (resolve) => runtime.after(milliseconds, resolve));
}

/**
 * Settles as `work`, or rejects with the signal's reason as soon as it is aborted; `work` then goes on by itself.
 */
export function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return unlessAborted(signal, (resolve, reject) => {
    work.then(resolve, reject);
    return () => {};
  });
}

/** Waits for `work`, but no longer than this: then its signal is aborted. Never rejects. */
export async function within(
  runtime: Runtime,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  const stop = runtime.after(milliseconds, () => controller.abort());
  try {
    await orAborted(work(controller.signal), controller.signal);
  } catch {
    // Whoever calls this has something more important to say.
  } finally {
    stop();
  }
}

/** `start` returns how to stop what it started. */
function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  start: (resolve: (result: Result) => void, reject: (error: unknown) => void) => () => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      stop();
      reject(signal?.reason);
    };
    const done = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    const stop = start(
      (result) => {
        done();
        resolve(result);
      },
      (error) => {
        done();
        reject(error);
      },
    );
  });
}
