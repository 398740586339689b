import { expect, it } from '@jest/globals';
import { add, by, lease, type MakeStores, SECOND, type Stores, T0, usingStores } from './stores.js';

const DAY = 86_400 * SECOND;

/** In which order free sessions are leased, and what their scores are made of. */
export function strategies(make: MakeStores): void {
  const using = usingStores(make);
  const admin = by({ admin: true });

  /** Leases one after the other, each released before the next. */
  async function inTurn(stores: Stores, times: number, over: object, now = T0): Promise<string> {
    const names = [];
    for (let time = 0; time < times; time += 1) {
      const { sessionId, sessionName, leaseId } = await lease(stores, over, now + time);
      await stores.pool.release(sessionId, by({ leaseId }), null, now + time);
      names.push(sessionName);
    }
    return names.join(' ');
  }

  /** Floods a method for so many hours of one session that are over: only its score remembers them. */
  async function flooded(stores: Stores, id: number, hours: number): Promise<void> {
    await stores.pool.block(id, admin, { kind: 'flood', seconds: hours * 3600, method: null }, T0);
    await stores.pool.restore(id, T0);
  }

  it(
    'of the least recently used one is the usual one',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c');
      expect(await inTurn(stores, 2, {})).toBe('a b');
      expect(await inTurn(stores, 2, { strategy: 'least_recently_used' }, T0 + 5)).toBe('c a');
    }),
  );

  it(
    'of round robin goes by id after the last one that was leased so, whatever others lease',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c');
      const strategy = 'round_robin';
      expect(await inTurn(stores, 2, { strategy })).toBe('a b');
      expect(await inTurn(stores, 1, { sessionName: 'c' }, T0 + 5)).toBe('c');
      expect(await inTurn(stores, 2, { strategy }, T0 + 10)).toBe('c a');
      await lease(stores, { sessionName: 'b' }, T0 + 15);
      expect(await inTurn(stores, 3, { strategy }, T0 + 20)).toBe('c a c');
      await stores.sessions.edit(1, { tags: ['x'] }, T0);
      expect(await inTurn(stores, 2, { strategy, tags: ['x'] }, T0 + 30)).toBe('a a');
    }),
  );

  it(
    'of the healthiest prefers the highest score, and of equals the least recently used one',
    using(async (stores) => {
      await add(stores, 'a', 'b', 'c', 'd');
      await flooded(stores, 1, 3);
      await flooded(stores, 2, 1);
      const strategy = 'healthiest';
      expect(await inTurn(stores, 3, { strategy })).toBe('c d c');
      const held = await Promise.all(['c', 'd'].map((sessionName) => lease(stores, { sessionName }, T0 + 9)));
      expect(held).toHaveLength(2);
      expect(await inTurn(stores, 2, { strategy }, T0 + 10)).toBe('b b');
      await stores.pool.block(2, admin, { kind: 'flood', seconds: 60, method: 'm' }, T0 + 11);
      expect(await inTurn(stores, 1, { strategy }, T0 + 12)).toBe('a');
      expect(await inTurn(stores, 1, { strategy, method: 'n' }, T0 + 13)).toBe('b');
      expect(await inTurn(stores, 1, { strategy, method: 'm' }, T0 + 14)).toBe('a');
      await stores.sessions.edit(1, { tags: ['x'] }, T0 + 15);
      expect(await inTurn(stores, 1, { strategy, tags: ['x'] }, T0 + 16)).toBe('a');
    }),
  );

  it(
    'sees scores that forget what is a week old',
    using(async (stores) => {
      await add(stores, 'a');
      const scoreAt = async (now: number) => {
        const scored = await stores.healthScores.rescore(0, 10, now);
        expect(await stores.healthScores.rescore(scored.at(-1)?.id ?? 0, 10, now)).toEqual([]);
        const session = await stores.sessions.session(1);
        expect(session?.health.score).toBe(scored[0]?.score);
        return session?.health;
      };
      await flooded(stores, 1, 1);
      await stores.pool.block(1, admin, { kind: 'limit', reason: 'PEER_FLOOD', method: null }, T0);
      expect((await stores.sessions.session(1))?.health).toEqual({
        score: 37,
        reasons: [
          { reason: 'limited', points: 40, value: null },
          { reason: 'flood_waits', points: 3, value: 3600 },
          { reason: 'errors', points: 5, value: 1 },
          { reason: 'new', points: 15, value: 0 },
        ],
      });
      await stores.pool.restore(1, T0);
      expect(await scoreAt(T0)).toMatchObject({ score: 77 });
      expect(await scoreAt(T0 + 6 * DAY)).toMatchObject({ score: 80 });
      expect(await scoreAt(T0 + 7 * DAY)).toMatchObject({ score: 88 });
      expect(await scoreAt(T0 + 30 * DAY)).toEqual({ score: 100, reasons: [] });
    }),
  );

  it(
    'sees scores that count the leases of every day',
    using(async (stores) => {
      await add(stores, 'a');
      const month = T0 + 30 * DAY;
      for (let day = 0; day < 2; day += 1) await inTurn(stores, 900, {}, month + day * DAY);
      await stores.healthScores.rescore(0, 10, month + DAY);
      expect((await stores.sessions.session(1))?.health).toEqual({
        score: 97,
        reasons: [{ reason: 'busy', points: 3, value: 257 }],
      });
      const today = Math.floor((month + DAY) / DAY);
      expect(await stores.healthScores.pruneDays(today, 10)).toBe(1);
      expect(await stores.healthScores.pruneDays(today, 10)).toBe(0);
    }),
  );
}
