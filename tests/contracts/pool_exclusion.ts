import { expect, it } from '@jest/globals';
import { STATES } from '../../src/pool/states.js';
import { add, by, type MakeStores, SECOND, type Stores, T0, usingStores, wish } from './stores.js';

/** Pseudo-random numbers, the same in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** What the workers know: who holds which session until when. */
class Ledger {
  readonly #held = new Map<number, { readonly leaseId: string; readonly until: number }>();
  overlaps = 0;

  take(sessionId: number, leaseId: string, until: number, now: number): void {
    const before = this.#held.get(sessionId);
    if (before && before.until > now) this.overlaps += 1;
    this.#held.set(sessionId, { leaseId, until });
  }

  drop(sessionId: number): void {
    this.#held.delete(sessionId);
  }

  leaseOf(sessionId: number): string {
    return this.#held.get(sessionId)?.leaseId ?? 'none';
  }

  renewed(sessionId: number, until: number): void {
    this.#held.set(sessionId, { leaseId: this.leaseOf(sessionId), until });
  }
}

async function step(
  stores: Stores,
  roll: (sides: number) => number,
  ledger: Ledger,
  now: number,
): Promise<void> {
  const sessionId = roll(8) + 1;
  const caller = by({ holder: `key:${roll(3)}`, leaseId: ledger.leaseOf(sessionId) });
  const what = roll(10);
  if (what < 5) {
    const outcome = await stores.pool.acquire(wish({ holder: caller.holder, ttlSeconds: roll(20) + 1 }), now);
    if (outcome.kind !== 'granted') return;
    ledger.take(outcome.lease.sessionId, outcome.lease.leaseId, outcome.lease.expiresAt, now);
  } else if (what < 7) {
    const renewal = await stores.pool.renew(sessionId, caller, null, now);
    if (renewal.kind === 'renewed') ledger.renewed(sessionId, renewal.expiresAt);
  } else if (what === 7) {
    const { kind } = await stores.pool.release(sessionId, caller, null, now);
    if (kind === 'done') ledger.drop(sessionId);
  } else if (what === 8) {
    const { kind } = await stores.pool.block(
      sessionId,
      caller,
      { kind: 'flood', seconds: roll(9), method: null },
      now,
    );
    if (kind === 'blocked') ledger.drop(sessionId);
  } else {
    await stores.pool.restore(sessionId, now);
  }
}

/** A session has at most one holder, whatever happens. */
export function exclusion(make: MakeStores): void {
  const using = usingStores(make);

  it.each([1, 2, 3])(
    'holds through thousands of random events (seed %i), according to the workers’ own ledgers',
    (seed) =>
      using(async (stores) => {
        await add(stores, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
        const roll = dice(seed);
        const ledger = new Ledger();
        let now = T0;
        for (let turn = 0; turn < 1500; turn += 1) {
          now += roll(3) * SECOND;
          await step(stores, roll, ledger, now);
        }
        expect(ledger.overlaps).toBe(0);
        const counts = await stores.pool.counts(now);
        expect(counts.total).toBe(8);
        expect(STATES.reduce((sum, state) => sum + counts.states[state], 0)).toBe(8);
        const leased = await stores.pool.leases({ skip: 0, limit: 100 }, now);
        expect(leased).toHaveLength(counts.states.leased);
        expect(new Set(leased.map(({ sessionId }) => sessionId)).size).toBe(leased.length);
      })(),
    // A few thousand sequential transactions.
    120_000,
  );

  it(
    'holds with many concurrent requests',
    using(async (stores) => {
      await add(stores, ...Array.from({ length: 50 }, (_, index) => `s${index}`));
      const outcomes = await Promise.all(Array.from({ length: 500 }, () => stores.pool.acquire(wish(), T0)));
      const ids = outcomes.flatMap((outcome) =>
        outcome.kind === 'granted' ? [outcome.lease.sessionId] : [],
      );
      expect(ids).toHaveLength(50);
      expect(new Set(ids).size).toBe(50);
    }),
  );
}
