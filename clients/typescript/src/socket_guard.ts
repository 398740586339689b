import type { Lease } from './lease.js';

/** What is used of Node's sockets; others may have none of it. */
interface NodeSocket {
  readonly destroyed?: boolean;
  readonly writableEnded?: boolean;
  resetAndDestroy?(): unknown;
  destroy?(): unknown;
}

/**
 * The sockets of one client. They send nothing once the lease is over by this machine's clock, even if the timers are
 * late to say so because the process was stopped. Then, and once it is cut, none is open, and none can be opened.
 * @internal
 */
export class SocketGuard {
  readonly #lease: Pick<Lease, 'ensureHeld'>;
  readonly #open = new Set<() => unknown>();
  readonly #cut = new AbortController();

  constructor(lease: Pick<Lease, 'ensureHeld'>) {
    this.#lease = lease;
  }

  /** Aborted once it is cut. */
  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** To be called before a socket is opened, and before every sending. @throws LeaseLost; Error. */
  ensureUsable(): void {
    this.signal.throwIfAborted();
    // If it is lost, its signal has this cut as well.
    this.#lease.ensureHeld();
  }

  /** Once it is cut, it never resolves: whoever would try again and again waits for it. */
  async proceed(): Promise<void> {
    if (this.signal.aborted) await new Promise(() => {});
  }

  /** A socket that is open, or about to be; `close` is called once it must not be. */
  opened(close: () => unknown): void {
    if (this.signal.aborted) close();
    else this.#open.add(close);
  }

  /** The socket is closed. */
  closed(close: () => unknown): void {
    this.#open.delete(close);
  }

  cut(): void {
    this.#cut.abort(new Error('the lease is over'));
    for (const close of this.#open) close();
    this.#open.clear();
  }
}

/**
 * Closes a socket without sending what it still holds: the system would go on sending that, for minutes over a bad
 * network, while the session is another worker's.
 * @internal
 */
export function discard(socket: unknown): void {
  const { destroyed, writableEnded, resetAndDestroy, destroy } = (socket ?? {}) as NodeSocket;
  // What is ended already can't be reset any more.
  if (destroyed !== false || writableEnded || !resetAndDestroy || !destroy) return;
  resetAndDestroy.call(socket);
  // By itself, the former waits until all is sent.
  destroy.call(socket);
}
