/** A period in which a worker knew that it held a session, on one monotonic clock. */
export interface Holding {
  readonly worker: number;
  readonly sessionId: number;
  readonly leaseId: string;
  /** When the answer with the lease had arrived. */
  readonly from: number;
  /** When the lease expires at the earliest, or when the release was sent. */
  until: number;
}

/** Two workers that held one session at the same time. */
export interface Overlap {
  readonly first: Holding;
  readonly second: Holding;
}

/**
 * What all workers know of who held what. A worker counts its lease from the answer, and the lease's expiry from when
 * it sent the request, so that the lease lasts longer on the server than in the ledger: two overlapping entries mean
 * a session leased to two workers at once, however slow the network or a worker is.
 */
export class Ledger {
  readonly #bySession = new Map<number, Holding[]>();
  readonly #workerOfLease = new Map<string, number>();
  #leases = 0;
  /** Lease ids that were given to two workers. */
  sharedIds = 0;
  /** Leases that the server called lost although their ttl had not passed. */
  lostEarly: string[] = [];

  get leases(): number {
    return this.#leases;
  }

  open(holding: Holding): Holding {
    this.#leases += 1;
    const known = this.#workerOfLease.get(holding.leaseId);
    if (known !== undefined && known !== holding.worker) this.sharedIds += 1;
    this.#workerOfLease.set(holding.leaseId, holding.worker);
    const holdings = this.#bySession.get(holding.sessionId);
    if (holdings) holdings.push(holding);
    else this.#bySession.set(holding.sessionId, [holding]);
    return holding;
  }

  /** Every session that was leased to two workers at once. */
  overlaps(): Overlap[] {
    return [...this.#bySession.values()].flatMap(overlapsOf);
  }
}

function overlapsOf(holdings: readonly Holding[]): Overlap[] {
  const ordered = holdings.filter(({ from, until }) => until > from).sort((a, b) => a.from - b.from);
  const found: Overlap[] = [];
  let longest: Holding | undefined;
  for (const holding of ordered) {
    if (longest && holding.from < longest.until) found.push({ first: longest, second: holding });
    if (!longest || holding.until > longest.until) longest = holding;
  }
  return found;
}
