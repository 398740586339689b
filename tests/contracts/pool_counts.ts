import { expect, it } from '@jest/globals';
import type { CountScope, PoolCounts } from '../../src/pool/store.js';
import {
  add,
  by,
  lease,
  type MakeStores,
  nameFor,
  SECOND,
  type Stores,
  T0,
  tally,
  usingStores,
  wish,
} from './stores.js';

const SEARCH = 'messages.search';
const admin = by({ admin: true, leaseId: null });
const at = (seconds: number) => T0 + seconds * SECOND;

const of = (over: Partial<CountScope>): CountScope => ({
  ...{ tags: [], sessionId: null, sessionName: null, method: null },
  ...over,
});

/** Floods the session, or one method of it. */
function flood({ pool }: Stores, id: number | undefined, seconds: number, method: string | null = null) {
  return pool.block(Number(id), admin, { kind: 'flood', seconds, method }, T0);
}

async function tag({ sessions }: Stores, id: number | undefined, ...tags: string[]): Promise<void> {
  await sessions.edit(Number(id), { tags }, T0);
}

/** The counts that a request is refused with. */
async function refusal({ pool }: Stores, over: Partial<CountScope>): Promise<PoolCounts> {
  const outcome = await pool.acquire(wish(over), T0);
  if (outcome.kind !== 'none') throw new Error(`not refused: ${outcome.kind}`);
  return outcome.counts;
}

/** The counts of the pool, or of the requested sessions. */
export function counting(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'by tags include only sessions that have all of them',
    using(async (stores) => {
      const { a, b, c } = await add(stores, 'a', 'b', 'c', 'd');
      await tag(stores, a, 'de', 'old');
      await tag(stores, b, 'de');
      await tag(stores, c, 'old');
      await flood(stores, a, 90);
      await flood(stores, b, 30);
      await flood(stores, c, 10);
      const both = await stores.pool.counts(T0, of({ tags: ['de', 'old'] }));
      expect([tally(both), both.total, both.nextFloodEnd]).toEqual([{ flood: 1 }, 1, at(90)]);
      const one = await refusal(stores, { tags: ['de'] });
      expect([tally(one), one.total, one.nextFloodEnd]).toEqual([{ flood: 2 }, 2, at(30)]);
      expect(await stores.pool.counts(T0, of({ tags: ['at'] }))).toMatchObject({
        ...{ total: 0, nextFloodEnd: null, oldestLeaseAt: null },
      });
      expect((await stores.pool.counts(T0)).nextFloodEnd).toBe(at(10));
    }),
  );

  it(
    'cover the one requested session, by id or by name',
    using(async (stores) => {
      const { a, b } = await add(stores, 'a', 'b', 'c');
      await flood(stores, a, 90);
      await flood(stores, b, 30);
      for (const scope of [{ sessionId: Number(a) }, { sessionName: 'a' }]) {
        const counts = await refusal(stores, scope);
        expect([tally(counts), counts.total, counts.nextFloodEnd]).toEqual([{ flood: 1 }, 1, at(90)]);
      }
    }),
  );

  it(
    'say when a session with several method floods is free for any request: after the last one',
    using(async (stores) => {
      const { a } = await add(stores, 'a', 'b');
      await lease(stores, { sessionName: 'b' });
      await flood(stores, a, 10, SEARCH);
      await flood(stores, a, 80, 'messages.getHistory');
      await tag(stores, a, 'de');
      for (const scope of [{}, { tags: ['de'] }, { sessionId: Number(a) }]) {
        const counts = await refusal(stores, scope);
        expect(counts).toMatchObject({
          freeButMethodFlooded: 1,
          nextMethodFloodEnd: at(80),
          nextFloodEnd: null,
        });
      }
      for (const scope of [{}, { tags: ['de'] }, { sessionId: Number(a) }]) {
        const counts = await refusal(stores, { ...scope, method: SEARCH });
        expect(counts).toMatchObject({ freeButMethodFlooded: 1, nextMethodFloodEnd: at(10) });
      }
      expect(await nameFor(stores, {}, at(79))).toBeNull();
      expect(await nameFor(stores, {}, at(80))).toBe('a');
    }),
  );

  it(
    'omit the method floods of sessions that are not free',
    using(async (stores) => {
      const { a, b } = await add(stores, 'a', 'b');
      await flood(stores, a, 10, SEARCH);
      await flood(stores, b, 50, SEARCH);
      await lease(stores, { sessionName: 'a', method: 'users.getUsers' });
      expect(await stores.pool.counts(T0)).toMatchObject({
        freeButMethodFlooded: 1,
        nextMethodFloodEnd: at(50),
      });
      const searching = await refusal(stores, { method: SEARCH });
      expect(searching).toMatchObject({ freeButMethodFlooded: 1, nextMethodFloodEnd: at(50) });
    }),
  );

  it(
    'give a time that is not too late, however many method floods belong to sessions that are not free',
    using(async (stores) => {
      const names = Array.from({ length: 300 }, (_, index) => `s${String(index).padStart(3, '0')}`);
      const ids = await add(stores, ...names);
      await Promise.all(names.map((name, index) => flood(stores, ids[name], 100 + index, SEARCH)));
      await Promise.all(
        names.slice(0, 299).map((sessionName) => lease(stores, { sessionName, method: 'users.getUsers' })),
      );
      const { freeButMethodFlooded, nextMethodFloodEnd } = await stores.pool.counts(T0);
      expect(freeButMethodFlooded).toBe(1);
      expect(nextMethodFloodEnd).toBeGreaterThanOrEqual(at(100));
      expect(nextMethodFloodEnd).toBeLessThanOrEqual(at(399));
    }),
  );

  it(
    'say when the first cool-down ends, and when the oldest lease started',
    using(async (stores) => {
      const { a, b } = await add(stores, 'a', 'b', 'c');
      await tag(stores, a, 'de');
      await tag(stores, b, 'de');
      await lease(stores, { sessionName: 'a', holder: 'key:2', ttlSeconds: 600 });
      await lease(stores, { sessionName: 'b' }, at(2));
      await lease(stores, { sessionName: 'c' }, at(1));
      await stores.pool.release(Number(a), by({ admin: true, holder: 'key:3' }), null, at(3));
      const all = await stores.pool.counts(at(3));
      expect(all).toMatchObject({ nextCooldownEnd: at(63), oldestLeaseAt: at(1), nextFloodEnd: null });
      const tagged = await stores.pool.counts(at(3), of({ tags: ['de'] }));
      expect(tagged).toMatchObject({ nextCooldownEnd: at(63), oldestLeaseAt: at(2), total: 2 });
    }),
  );
}
