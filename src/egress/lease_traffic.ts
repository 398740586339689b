import type { EgressUse, FencedLease } from './store.js';

/** A connection through the fence. */
export interface FencedConnection {
  /** When a byte last went through it, in milliseconds on the service's clock. */
  readonly lastUsedAt: number;
  /** Since when one side has nothing more to say; null: both may. */
  readonly halfClosedAt: number | null;
  /** Ends it at once: what it holds is discarded, and not one byte more is passed on. */
  cut(): void;
}

/** The connections of one lease at this replica, and what went through them. */
export class LeaseTraffic {
  readonly lease: FencedLease;
  readonly connections = new Set<FencedConnection>();
  /** How many connections were made in all. */
  opened = 0;
  bytesUp = 0;
  bytesDown = 0;
  /** When the lease was last known to be current, in milliseconds on the service's clock. */
  confirmedAt: number;
  #deadline: number;
  #ended = false;

  /** `deadline`: when its connections end, unless the lease is renewed by then. */
  constructor(lease: FencedLease, deadline: number, confirmedAt: number) {
    this.lease = lease;
    this.#deadline = deadline;
    this.confirmedAt = confirmedAt;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get deadline(): number {
    return this.#deadline;
  }

  /** Whether a byte may pass at `now`: asked for each one, so that a process that was stopped passes none too late. */
  isOpen(now: number): boolean {
    return !this.#ended && now < this.#deadline;
  }

  /** The lease is current and, renewed or not, never ends earlier than it was known to. */
  confirm(deadline: number, at: number): void {
    this.#deadline = Math.max(this.#deadline, deadline);
    this.confirmedAt = Math.max(this.confirmedAt, at);
  }

  /** Cuts every connection, for good; returns how many there were. */
  end(): number {
    this.#ended = true;
    const { size } = this.connections;
    for (const connection of this.connections) connection.cut();
    this.connections.clear();
    return size;
  }

  use(): EgressUse {
    const { lease, opened: connections, bytesUp, bytesDown } = this;
    return { lease, connections, bytesUp, bytesDown };
  }
}
