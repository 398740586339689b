import { and, eq, sql } from 'drizzle-orm';
import { exponentialDelay, withJitter } from '../../kernel/retry.js';
import { giveBack } from '../repositories/lease_repository.js';
import { sessions } from './schema.js';
import type { TransactionDependencies } from './transaction.js';
import type { PostgresUnitsOfWork } from './unit_of_work.js';

/** Beyond this many, the oldest are forgotten: such a lease ends when it expires. */
const MOST = 10_000;

const FIRST_DELAY_MS = 100;

/** The maximum delay between attempts, in milliseconds. */
const MAX_DELAY_MS = 5_000;

/** A lease that may have been granted. */
interface Doubt {
  /** When, in milliseconds on the service's clock. */
  readonly now: number;
  /** When the statement that would grant it can no longer be running. */
  settled: boolean;
}

/**
 * Leases that may exist although nobody received them, because the connection was lost on the way to the commit. They
 * are ended as soon as the database answers, unless their worker repeated the request with its idempotency key.
 */
export class OrphanedLeases {
  readonly #units: PostgresUnitsOfWork;
  readonly #dependencies: TransactionDependencies;
  readonly #settleMs: number;
  readonly #doubts = new Map<string, Doubt>();
  #attempts = 0;
  #stop: (() => void) | null = null;
  #closed = false;

  /** `settleMs`: how long the server may still execute a statement whose connection is gone. */
  constructor(units: PostgresUnitsOfWork, dependencies: TransactionDependencies, settleMs: number) {
    this.#units = units;
    this.#dependencies = dependencies;
    this.#settleMs = settleMs;
  }

  /** The lease may have been granted at `now`. */
  add(leaseId: string, now: number): void {
    if (this.#closed) return;
    for (const oldest of this.#doubts.keys()) {
      if (this.#doubts.size < MOST) break;
      this.#doubts.delete(oldest);
    }
    const doubt = { now, settled: false };
    this.#doubts.set(leaseId, doubt);
    this.#dependencies.timers.after(this.#settleMs, () => {
      doubt.settled = true;
    });
    this.#later();
  }

  /** Stops. */
  close(): void {
    this.#closed = true;
    this.#stop?.();
    this.#doubts.clear();
  }

  #later(): void {
    if (this.#closed || this.#stop !== null || this.#doubts.size === 0) return;
    const { random, timers } = this.#dependencies;
    const delayMs = exponentialDelay(this.#attempts, FIRST_DELAY_MS, MAX_DELAY_MS);
    this.#attempts += 1;
    this.#stop = timers.after(withJitter(delayMs, random), async () => {
      await this.#look().catch(() => undefined);
      this.#stop = null;
      if (this.#doubts.size === 0) this.#attempts = 0;
      this.#later();
    });
  }

  async #look(): Promise<void> {
    const settled = [...this.#doubts].filter(([, doubt]) => doubt.settled).map(([leaseId]) => leaseId);
    for (const { sessionId, leaseId } of await this.#granted()) {
      const doubt = this.#doubts.get(leaseId);
      if (doubt) await this.#units.run((unit) => giveBack(unit, sessionId, leaseId, doubt.now));
      this.#doubts.delete(leaseId);
    }
    for (const leaseId of settled) this.#doubts.delete(leaseId);
  }

  #granted(): Promise<{ sessionId: number; leaseId: string }[]> {
    const commitOutcomeUnknown = sql.param([...this.#doubts.keys()]);
    return this.#units.run(async ({ db }) => {
      const rows = await db
        .select({ sessionId: sessions.id, leaseId: sessions.leaseId })
        .from(sessions)
        .where(
          and(eq(sessions.state, 'leased'), sql`${sessions.leaseId} = ANY(${commitOutcomeUnknown}::text[])`),
        );
      return rows.map(({ sessionId, leaseId }) => ({ sessionId, leaseId: leaseId ?? '' }));
    });
  }
}
