import { Conflict, Unavailable } from '../kernel/errors.js';
import type { Timers } from '../kernel/timers.js';
import { SessionsDirectoryGone } from '../pool/outcomes.js';
import type { PoolService } from '../pool/service.js';
import type { Lease } from '../pool/store.js';
import { LeaseLost } from '../runs/engine.js';
import { type OwnLeaseEnds, ownCaller, ownRequest, releaseOwn } from '../sessions/own_lease.js';

/** What a run leases. Its lease outlives the last renewal by 30 s: a run that died holds a session no longer. */
const LEASE = { ttlSeconds: 30, withCredentials: true, alsoInactive: false };

/** How often a lease is renewed, in milliseconds: three renewals may fail before it is lost. */
export const RENEW_INTERVAL_MS = 7_000;

/** Why no session came: others may be in use, or may resolve the channel later. */
const NONE_FREE: ReadonlySet<string> = new Set(['no_free_session', 'resolve_budget']);

/** A run that gets its session within this time does not count as waiting, in milliseconds. */
const WAITING_AFTER_MS = 50;

/** Which session a run may use. */
export interface SessionRequest {
  /** Null: any session. */
  readonly sessionId: number | null;
  /** The method to be called: a session that is flooded for others matches. */
  readonly method: string;
  /** The channel to be read: a session that knows it is preferred, another one may resolve it. */
  readonly channels?: readonly string[];
  /** With `channels`: sessions that it may not use. */
  readonly except?: readonly number[];
}

/** How a run waits for a session. */
export interface RunWait {
  readonly seconds: number;
  /** Called once the run waits; it keeps its place in the queue meanwhile, and where this rejects. */
  readonly onWaiting: () => Promise<void>;
}

/** A lease that is renewed until it is released. */
export interface HeldLease {
  readonly lease: Lease;
  /** Aborted with LeaseLost when the lease ends before that. */
  readonly lost: AbortSignal;
  /** Where this fails, the lease expires instead. Never rejects. */
  release(): Promise<void>;
}

/** Leases sessions for runs, as any worker does: Telegram never sees a session twice at once. */
export interface RunLeasing {
  /**
   * Queues for a session, first come, first served (`wait` null: takes one that is free now). Null: none came in time,
   * or `signal` was aborted meanwhile. @throws NotFound for a session that is gone; Unavailable while the service
   * stops, and to those who would wait, while the session files are gone.
   */
  acquire(request: SessionRequest, wait: RunWait | null, signal: AbortSignal): Promise<Lease | null>;
  /** Renews the lease until it is released or lost. */
  hold(lease: Lease): HeldLease;
  /** Gives a lease back. Where that fails, it expires. Never rejects. */
  giveBack(lease: Lease): Promise<void>;
}

export interface RunLeasesParts extends OwnLeaseEnds {
  readonly pool: PoolService;
  readonly timers: Timers;
  /** Null where this process has none. */
  readonly processName: string | null;
}

/** Leases sessions of the pool for runs, and renews the leases. */
export class RunLeases implements RunLeasing {
  readonly #parts: RunLeasesParts;

  constructor(parts: RunLeasesParts) {
    this.#parts = parts;
  }

  async acquire(request: SessionRequest, wait: RunWait | null, signal: AbortSignal): Promise<Lease | null> {
    const { pool, timers, processName } = this.#parts;
    let announced = Promise.resolve();
    const cancel = timers.after(WAITING_AFTER_MS, () => {
      if (wait) announced = wait.onWaiting().catch(() => undefined);
    });
    try {
      const own = ownRequest({ ...LEASE, ...request }, processName);
      const lease = await pool.acquire(own, wait?.seconds ?? 0, signal);
      await announced;
      if (!signal.aborted) return lease;
      await this.giveBack(lease);
      return null;
    } catch (error) {
      await announced;
      if (error instanceof SessionsDirectoryGone && wait === null) return null;
      if (error instanceof Unavailable && NONE_FREE.has(error.code)) return null;
      throw error;
    } finally {
      cancel();
    }
  }

  hold(lease: Lease): HeldLease {
    const lost = new AbortController();
    const stop = this.#renew(lease, () =>
      lost.abort(new LeaseLost(`the lease of ${lease.sessionName} ended`)),
    );
    const release = () => {
      stop();
      return this.giveBack(lease);
    };
    return { lease, lost: lost.signal, release };
  }

  giveBack(lease: Lease): Promise<void> {
    return releaseOwn(this.#parts, lease);
  }

  #renew({ sessionId, leaseId }: Lease, onLost: () => void): () => void {
    const { pool, timers } = this.#parts;
    let stopped = false;
    let cancel = () => {};
    const later = () => {
      cancel = timers.after(RENEW_INTERVAL_MS, async () => {
        try {
          await pool.renew(sessionId, ownCaller(leaseId), null);
        } catch (error) {
          if (error instanceof Conflict) return onLost();
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
