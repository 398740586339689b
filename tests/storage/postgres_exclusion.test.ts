import { expect, it } from '@jest/globals';
import type { PoolCounts } from '../../src/pool/store.js';
import { add, by, SECOND, type Stores, T0, tally, wish } from '../contracts/stores.js';
import { until } from '../service/manual_time.js';
import { describeWithServer, optionsFor } from './databases_postgres.js';
import { withReplicas } from './postgres_two.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

/** Who holds which session until when, according to the answers. */
class Ledger {
  readonly #held = new Map<number, number>();
  overlaps = 0;
  grants = 0;

  take(sessionId: number, expiresAt: number, now: number): void {
    this.grants += 1;
    if ((this.#held.get(sessionId) ?? 0) > now) this.overlaps += 1;
    this.#held.set(sessionId, expiresAt);
  }

  /** Before the release is sent: from then on another holder may have it. */
  drop(sessionId: number): void {
    this.#held.delete(sessionId);
  }
}

/** One worker's turn: it acquires a session, notes it, and releases it. Resolves to the error's name, if any. */
async function turn(store: Stores, ledger: Ledger, now: number, index: number): Promise<string | null> {
  try {
    const holder = `key:${index % 5}`;
    const outcome = await store.pool.acquire(wish({ ttlSeconds: 60, holder }), now);
    if (outcome.kind !== 'granted') return null;
    const { sessionId, leaseId, expiresAt } = outcome.lease;
    ledger.take(sessionId, expiresAt, now);
    await new Promise((next) => setImmediate(next));
    ledger.drop(sessionId);
    await store.pool.release(sessionId, by({ holder, leaseId }), null, now);
    return null;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** The stored counts, and the counts computed from the rows. */
async function recounted(name: string, counts: PoolCounts): Promise<[object, object]> {
  const rows = await onServer(
    'SELECT state, count(*)::int AS n FROM sessions GROUP BY state',
    optionsFor(name).url,
  );
  return [tally(counts), Object.fromEntries(rows.map(({ state, n }) => [String(state), n]))];
}

describe('two replicas on one database', () => {
  it(
    'never grant a session twice, in 200 rounds of 64 requests at once for 40 sessions',
    () =>
      withReplicas(async ({ one, other, name }) => {
        await add(one, ...Array.from({ length: 40 }, (_, index) => `s${index}`));
        const ledger = new Ledger();
        for (let round = 0; round < 200; round += 1) {
          const turns = Array.from({ length: 64 }, (_, index) =>
            turn(index % 2 === 0 ? one : other, ledger, T0 + round, index),
          );
          expect((await Promise.all(turns)).filter((fault) => fault !== null)).toEqual([]);
        }
        expect(ledger.overlaps).toBe(0);
        expect(ledger.grants).toBeGreaterThanOrEqual(200 * 40);
        const [kept, counted] = await recounted(name, await other.pool.counts(T0 + 200));
        expect(kept).toEqual({ free: 40 });
        expect(kept).toEqual(counted);
      }),
    120_000,
  );

  it(
    'never grant a session twice while the server ends their connections at random',
    () =>
      withReplicas(async ({ one, other, name }) => {
        await add(one, ...Array.from({ length: 40 }, (_, index) => `s${index}`));
        const ledger = new Ledger();
        const faults = new Set<string | null>();
        let over = false;
        const killing = (async () => {
          for (; !over; )
            await onServer(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND random() < 0.4`,
            );
        })();
        let now = T0;
        for (let round = 0; round < 60; round += 1) {
          // A lease that was granted but never delivered ends when it expires.
          now += 10 * SECOND;
          const turns = Array.from({ length: 64 }, (_, index) =>
            turn(index % 2 === 0 ? one : other, ledger, now, index),
          );
          for (const fault of await Promise.all(turns)) faults.add(fault);
        }
        over = true;
        await killing;
        expect(ledger.overlaps).toBe(0);
        expect(ledger.grants).toBeGreaterThan(1000);
        expect(faults).toContain(null);
        expect(['OutcomeUnknown', 'Unavailable']).toEqual(
          expect.arrayContaining([...faults].filter(Boolean)),
        );
        expect(faults.size).toBeGreaterThan(1);
        await until(() =>
          one.pool.expire(1000, now + 61 * SECOND).then(
            (some) => some === 0,
            () => false,
          ),
        );
        const [kept, counted] = await recounted(name, await one.pool.counts(now + 61 * SECOND));
        expect(kept).toEqual({ free: 40 });
        expect(kept).toEqual(counted);
      }),
    120_000,
  );
});
