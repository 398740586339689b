import { Conflict, Unavailable } from '../errors.js';
import { SessionsDirectoryGone } from '../pool/outcomes.js';
import type { PoolService } from '../pool/service.js';
import type { Lease } from '../pool/store.js';
import { ownCaller, ownRequest, releaseOwn } from '../sessions/own_lease.js';
import type { Timers } from '../timers.js';

/** How long a lease lasts that nobody renews any more, in seconds: a run that died is missed no longer. */
const TTL_SECONDS = 30;

/** How often it is renewed, in milliseconds: three may fail before it is lost. */
const RENEW_MS = 7_000;

/** A session that comes within this time was not waited for, in milliseconds. */
const AT_ONCE_MS = 50;

/** The lease ended while the run was at work with it: whatever was begun is broken off. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Which session a run may use. */
export interface SessionWish {
  /** Null: any that is free. */
  readonly sessionId: number | null;
  /** The method it is wanted for: a session flooded for others will do. */
  readonly method: string;
}

/** How a run stands in line. */
export interface RunWait {
  readonly seconds: number;
  /** Tells that it waits; its place in the line is its own meanwhile, and kept if this fails. */
  readonly tell: () => Promise<void>;
}

export interface RunLeasesParts {
  readonly pool: PoolService;
  readonly timers: Timers;
}

/** Leases sessions for runs, like any worker: Telegram never sees a session twice at once. */
export class RunLeases {
  readonly #parts: RunLeasesParts;

  constructor(parts: RunLeasesParts) {
    this.#parts = parts;
  }

  /**
   * Waits in line for a session, first come first served (`wait` null: not at all); null: none came in time, or
   * `signal` was aborted meanwhile. @throws NotFound for a session that is gone; Unavailable while the service
   * stops, and to those who would wait, while the session files are gone.
   */
  async acquire(wish: SessionWish, wait: RunWait | null, signal: AbortSignal): Promise<Lease | null> {
    const { pool, timers } = this.#parts;
    const { sessionId, method } = wish;
    const wanted = { sessionId, method, withCredentials: true, alsoInactive: false };
    const request = ownRequest({ ...wanted, ttlSeconds: TTL_SECONDS });
    let told = Promise.resolve();
    const cancel = timers.after(AT_ONCE_MS, () => {
      if (wait) told = wait.tell().catch(() => undefined);
    });
    try {
      const lease = await pool.acquire(request, wait?.seconds ?? 0, signal);
      await told;
      if (!signal.aborted) return lease;
      await this.giveBack(lease);
      return null;
    } catch (error) {
      await told;
      if (error instanceof SessionsDirectoryGone && wait === null) return null;
      if (error instanceof Unavailable && error.code === 'no_free_session') return null;
      throw error;
    } finally {
      cancel();
    }
  }

  /** Does the work while the lease is kept, and gives it back; `signal` is aborted with LeaseLost when it is lost. */
  async during<Result>(
    lease: Lease,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const lost = new AbortController();
    const stop = this.#keep(lease, () =>
      lost.abort(new LeaseLost(`the lease of ${lease.sessionName} ended`)),
    );
    try {
      return await work(AbortSignal.any([signal, lost.signal]));
    } finally {
      stop();
      await this.giveBack(lease);
    }
  }

  /** Gives a lease back. Where that fails, it ends when its time is up. */
  async giveBack(lease: Lease): Promise<void> {
    await releaseOwn(this.#parts.pool, lease);
  }

  #keep({ sessionId, leaseId }: Lease, lost: () => void): () => void {
    const { pool, timers } = this.#parts;
    let stopped = false;
    let cancel = () => {};
    const later = () => {
      cancel = timers.after(RENEW_MS, async () => {
        try {
          await pool.renew(sessionId, ownCaller(leaseId), null);
        } catch (error) {
          if (error instanceof Conflict) return lost();
        }
        if (!stopped) later();
      });
    };
    later();
    return () => {
      stopped = true;
      cancel();
    };
  }
}
