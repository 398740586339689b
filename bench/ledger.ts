/** A stretch of time in which a worker was sure that a session was its own, on one monotonic clock. */
export interface Holding {
  readonly worker: number;
  readonly sessionId: number;
  readonly leaseId: string;
  /** When the answer with the lease had arrived. */
  readonly from: number;
  /** When the lease runs out at the earliest, or the release was sent. */
  until: number;
}

/** Two workers that held one session at one time. */
export interface Overlap {
  readonly first: Holding;
  readonly second: Holding;
}

/**
 * What all workers know of who held what. A worker counts its lease from the answer and the lease's end
 * from when it sent the request, so that the server holds the lease for longer than the ledger says: two
 * entries that overlap are a session in two hands, however slow the network or the worker.
 */
export class Ledger {
  readonly #bySession = new Map<number, Holding[]>();
  readonly #workerOfLease = new Map<string, number>();
  #leases = 0;
  /** Lease ids that two workers were given. */
  sharedIds = 0;
  /** Leases that the server called lost though the time asked for was not over. */
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

  /** Every session in two hands. */
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
