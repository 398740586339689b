import type { HeldLease, RunLeasing, SessionRequest } from '../run_leases.js';
import type { RunBots } from '../service_ports.js';
import { type LeaseCalls, receivedKey, type ServiceCalls } from './protocol.js';

/** What the service does for runs. */
export interface RunServices extends Omit<ServiceCalls, 'leases' | 'changes'> {
  readonly leases: RunLeasing;
  /** Called when a run has changed. */
  readonly onChanged: (runId: number) => void;
}

/** The objects that the run thread calls. `waiting` tells it that an acquire began to wait. */
export function serviceCalls(
  { runs, peers, sources, sessions, pool, accesses, bots, leases, onChanged }: RunServices,
  waiting: (acquire: number) => Promise<void>,
): ServiceCalls & { readonly leases: HostedLeases } {
  return {
    ...{ runs, peers, sources, sessions, pool, accesses },
    bots: receivingBots(bots),
    leases: new HostedLeases(leases, waiting),
    changes: { changed: onChanged },
  };
}

function receivingBots(bots: RunBots): RunBots {
  return {
    of: (sourceId) => bots.of(sourceId),
    keep: (bot, session) => bots.keep(bot, session && { ...session, key: receivedKey(session.key) }),
  };
}

interface Hosted {
  readonly held: HeldLease;
  onReleased: () => void;
}

/** Leases held for the run thread: renewed here, and all of them given back when the thread is lost. */
export class HostedLeases implements LeaseCalls {
  readonly #leases: RunLeasing;
  readonly #waiting: (acquire: number) => Promise<void>;
  readonly #hosted = new Map<string, Hosted>();
  #closed = false;

  constructor(leases: RunLeasing, waiting: (acquire: number) => Promise<void>) {
    this.#leases = leases;
    this.#waiting = waiting;
  }

  async acquire(number: number, request: SessionRequest, waitSeconds: number | null, signal: AbortSignal) {
    const onWaiting = () => this.#waiting(number);
    const wait = waitSeconds === null ? null : { seconds: waitSeconds, onWaiting };
    const lease = await this.#leases.acquire(request, wait, signal);
    if (lease === null) return null;
    this.#hosted.set(lease.leaseId, { held: this.#leases.hold(lease), onReleased: () => {} });
    if (this.#closed) await this.release(lease.leaseId);
    return lease;
  }

  async held(leaseId: string): Promise<void> {
    const hosted = this.#hosted.get(leaseId);
    if (!hosted) return;
    const { lost } = hosted.held;
    await new Promise<void>((resolve, reject) => {
      hosted.onReleased = resolve;
      lost.addEventListener('abort', () => reject(lost.reason), { once: true });
      if (lost.aborted) reject(lost.reason);
    });
  }

  async release(leaseId: string): Promise<void> {
    const hosted = this.#hosted.get(leaseId);
    this.#hosted.delete(leaseId);
    hosted?.onReleased();
    await hosted?.held.release();
  }

  /** Gives all of them back, and what is granted from now on. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#hosted.keys()].map((leaseId) => this.release(leaseId)));
  }
}
