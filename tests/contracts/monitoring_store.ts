import { describe, expect, it } from '@jest/globals';
import type { LeaseFilter, LeaseOrder, PoolSample, SampledCounts } from '../../src/pool/monitoring_store.js';
import { ADDRESS, add, by, lease, type MakeStores, SECOND, T0, usingStores } from './stores.js';

const ALL = { skip: 0, limit: 100 };
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const COUNTS: SampledCounts = { free: 4, inUse: 3, inFloodwait: 2, unavailable: 1, waiting: 5 };

/** What every driver's MonitoringStore must do. */
export function monitoringStoreContract(make: MakeStores): void {
  describe('listed leases', () => listedLeases(make));
  describe('activity', () => activity(make));
  describe('the sessions that become free next', () => upcoming(make));
  describe('samples of the pool', () => samples(make));
}

function listedLeases(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are searched, filtered, sorted and counted, and name the client’s address',
    using(async (stores) => {
      await add(stores, 'Б', 'a', 'c');
      await lease(stores, { sessionName: 'Б', ttlSeconds: 30, holder: 'key:2' });
      await lease(stores, { sessionName: 'a', ttlSeconds: 10, address: null }, T0 + 1);
      await lease(stores, { sessionName: 'c', ttlSeconds: 20, address: '198.51.100.7' }, T0 + 2);
      await stores.sessions.edit(2, { tags: ['eu'] }, T0 + 3);
      const list = async (filter: LeaseFilter = {}, order?: LeaseOrder) => {
        const found = await stores.monitoring.leases(ALL, T0 + 3, filter, order);
        expect(await stores.monitoring.leaseCount(T0 + 3, filter)).toBe(found.length);
        return found.map(({ sessionName }) => sessionName);
      };
      expect(await list()).toEqual(['Б', 'a', 'c']);
      expect(await list({}, { by: 'expires_at', descending: false })).toEqual(['a', 'c', 'Б']);
      expect(await list({}, { by: 'session_name', descending: true })).toEqual(['Б', 'c', 'a']);
      expect(await list({}, { by: 'holder', descending: true })).toEqual(['Б', 'c', 'a']);
      expect(await list({ q: 'б' })).toEqual(['Б']);
      expect(await list({ q: 'key:2' })).toEqual(['Б']);
      expect(await list({ q: '198.51' })).toEqual(['c']);
      expect(await list({ holder: 'key:1' })).toEqual(['a', 'c']);
      expect(await list({ tags: ['eu'] })).toEqual(['a']);
      const addresses = (await stores.monitoring.leases(ALL, T0 + 3)).map(({ address }) => address);
      expect(addresses).toEqual([ADDRESS, null, '198.51.100.7']);
      expect(await stores.monitoring.leases({ skip: 1, limit: 1 }, T0 + 3)).toMatchObject([
        { sessionName: 'a' },
      ]);
      expect(await stores.monitoring.leaseCount(T0 + 10 * SECOND + 1)).toBe(2);
    }),
  );
}

function activity(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'is the history of all sessions, newest first, a page at a time, also of deleted ones',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { sessionId, leaseId } = await lease(stores, { sessionName: 'a' }, T0 + 1);
      await stores.pool.release(sessionId, by({ leaseId }), null, T0 + 2);
      const of = async (before: number | null, limit = 9, tags: string[] = []) =>
        (await stores.monitoring.activity(before, limit, tags)).map(
          ({ sessionName, event }) => `${sessionName} ${event}`,
        );
      expect(await of(null)).toEqual(['a released', 'a leased', 'b added', 'a added']);
      const [, second] = await stores.monitoring.activity(null, 2);
      expect(second).toEqual({
        ...{ id: expect.any(Number), sessionId, sessionName: 'a', at: T0 + 1, event: 'leased' },
        ...{ detail: null, holder: 'key:1' },
      });
      expect(await of(second?.id ?? 0, 1)).toEqual(['b added']);
      await stores.sessions.edit(2, { tags: ['eu'] }, T0 + 3);
      expect(await of(null, 9, ['eu'])).toEqual(['b added']);
      await stores.sessions.remove(1, null, T0 + 4);
      expect(await of(null, 2)).toEqual(['null removed', 'null released']);
    }),
  );
}

function upcoming(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are those whose lease, cool-down or flood wait ends, soonest first, with the flooded methods of free ones',
    using(async (stores) => {
      const ids = await add(stores, 'leased', 'flooded', 'cooling', 'method', 'invalid', 'free');
      const id = (name: string) => Number(ids[name]);
      await lease(stores, { sessionName: 'leased', ttlSeconds: 30 });
      const cooling = await lease(stores, { sessionName: 'cooling', ttlSeconds: 600 });
      const admin = by({ admin: true, holder: 'key:9' });
      await stores.pool.release(cooling.sessionId, admin, null, T0);
      await stores.pool.block(id('flooded'), admin, { kind: 'flood', seconds: 10, method: null }, T0);
      await stores.pool.block(id('method'), admin, { kind: 'flood', seconds: 20, method: 'm.a' }, T0);
      await stores.pool.block(id('invalid'), admin, { kind: 'invalidate', reason: null }, T0);
      const next = await stores.monitoring.upcoming(9, T0 + 1);
      expect(
        next.map(({ sessionName, state, method, until }) => [sessionName, state, method, until - T0]),
      ).toEqual([
        ['flooded', 'flood', null, 10 * SECOND],
        ['method', 'free', 'm.a', 20 * SECOND],
        ['leased', 'leased', null, 30 * SECOND],
        ['cooling', 'cooldown', null, 60 * SECOND],
      ]);
      const floods = await stores.sessions.methodFloods([id('method'), id('free')], T0 + 1);
      expect(floods).toEqual([{ sessionId: id('method'), method: 'm.a', until: T0 + 20 * SECOND }]);
      expect(await stores.monitoring.upcoming(1, T0 + 1)).toMatchObject([{ sessionName: 'flooded' }]);
      await stores.sessions.edit(id('method'), { tags: ['eu'] }, T0 + 1);
      expect(await stores.monitoring.upcoming(9, T0 + 1, ['eu'])).toMatchObject([{ sessionName: 'method' }]);
      expect(await stores.monitoring.upcoming(9, T0 + 61 * SECOND)).toEqual([]);
    }),
  );
}

const NOTHING = { leases: 0, releases: 0, floods: 0, granted: 0, refused: 0, waitedMs: 0, longestWaitMs: 0 };

function samples(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'count the leases, releases and floods of their minute, each event once',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const { sessionId, leaseId } = await lease(stores, {}, T0 + 1);
      await stores.pool.release(sessionId, by({ leaseId }), { seconds: 9, method: 'm' }, T0 + 2);
      await lease(stores, { sessionName: 'b' }, T0 + MINUTE);
      const { monitoring } = stores;
      const newest = await monitoring.sample(T0, T0 + MINUTE, COUNTS, 0);
      await monitoring.sample(T0 + MINUTE, T0 + 2 * MINUTE, { ...COUNTS, free: 0 }, newest);
      expect(await monitoring.samples(60, T0, T0 + HOUR, 99)).toEqual([
        { ...NOTHING, at: T0, counts: COUNTS, leases: 1, releases: 1, floods: 1 },
        { ...NOTHING, at: T0 + MINUTE, counts: { ...COUNTS, free: 0 }, leases: 1 },
      ]);
      expect(await monitoring.samples(60, T0 + 1, T0 + HOUR, 99)).toHaveLength(1);
      expect(await monitoring.samples(60, T0, T0 + HOUR, 1)).toHaveLength(1);
    }),
  );

  it(
    'add up the waits of all replicas, whether the counts were taken before or after',
    using(async ({ monitoring }) => {
      const waits = { granted: 2, refused: 1, waitedMs: 700, longestWaitMs: 500 };
      await monitoring.addWaits(T0, waits);
      const [before] = await monitoring.samples(60, T0, T0 + 1, 1);
      expect(before).toEqual({ ...NOTHING, ...waits, at: T0, counts: null });
      await monitoring.sample(T0, T0 + MINUTE, COUNTS, 0);
      await monitoring.addWaits(T0, { granted: 1, refused: 0, waitedMs: 900, longestWaitMs: 900 });
      expect(await monitoring.samples(60, T0, T0 + 1, 1)).toEqual([
        { ...NOTHING, at: T0, counts: COUNTS, granted: 3, refused: 1, waitedMs: 1600, longestWaitMs: 900 },
      ]);
    }),
  );

  it(
    'of an hour are the means and sums of its minutes, however often they are summed up',
    using(async ({ monitoring }) => {
      await monitoring.sample(T0, T0 + MINUTE, COUNTS, 0);
      await monitoring.sample(T0 + MINUTE, T0 + 2 * MINUTE, { ...COUNTS, free: 8, waiting: 0 }, 0);
      await monitoring.addWaits(T0 + 2 * MINUTE, { granted: 3, refused: 2, waitedMs: 60, longestWaitMs: 50 });
      await monitoring.sample(T0 + HOUR, T0 + HOUR + MINUTE, { ...COUNTS, free: 99 }, 0);
      await monitoring.sumUpHour(T0);
      await monitoring.sumUpHour(T0);
      const hour: PoolSample = {
        ...{ ...NOTHING, at: T0, counts: { ...COUNTS, free: 6, waiting: 3 } },
        ...{ granted: 3, refused: 2, waitedMs: 60, longestWaitMs: 50 },
      };
      expect(await monitoring.samples(3600, T0 - HOUR, T0 + 9 * HOUR, 99)).toEqual([hour]);
    }),
  );

  it(
    'are deleted oldest first, those of each length by themselves',
    using(async ({ monitoring }) => {
      for (const minute of [0, 1, 2, 3]) {
        await monitoring.sample(T0 + minute * MINUTE, T0 + (minute + 1) * MINUTE, COUNTS, 0);
      }
      await monitoring.sumUpHour(T0);
      expect(await monitoring.pruneSamples(60, T0 + 2 * MINUTE, 1)).toBe(1);
      expect(await monitoring.pruneSamples(60, T0 + 2 * MINUTE, 9)).toBe(1);
      expect(await monitoring.pruneSamples(60, T0 + 2 * MINUTE, 9)).toBe(0);
      const left = await monitoring.samples(60, 0, T0 + HOUR, 99);
      expect(left.map(({ at }) => at)).toEqual([T0 + 2 * MINUTE, T0 + 3 * MINUTE]);
      expect(await monitoring.samples(3600, 0, T0 + HOUR, 99)).toHaveLength(1);
    }),
  );
}
