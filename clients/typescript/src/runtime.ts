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

/** What timers count to; beyond it, they would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The platform's own clock, timers and `fetch`. */
export function systemRuntime(fetchImplementation?: typeof fetch): Runtime {
  return {
    monotonic: () => performance.now(),
    after(milliseconds, action, background = false) {
      const timer: unknown = setTimeout(action, Math.min(milliseconds, MAX_TIMER_MS));
      if (background) unref(timer);
      return () => clearTimeout(timer as number);
    },
    fetch: (url, init) => (fetchImplementation ?? fetch)(url, init),
    // Browsers have randomUUID on https only.
    newKey: () => `${crypto.getRandomValues(new Uint32Array(4))}`,
  };
}

/** Node and Bun return an object from `setTimeout`, Deno a number, and browsers need nothing. */
function unref(timer: unknown): void {
  const { Deno } = globalThis as { Deno?: { unrefTimer(timer: unknown): void } };
  if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.();
  else Deno?.unrefTimer(timer);
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
  // What it rejects with after that concerns nobody.
  work.catch(() => {});
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
    signal?.addEventListener('abort', abort, { once: true });
    const after =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        signal?.removeEventListener('abort', abort);
        settle(value);
      };
    const stop = start(after(resolve), after(reject));
  });
}
