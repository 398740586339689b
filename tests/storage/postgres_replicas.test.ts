import { expect, it } from '@jest/globals';
import { STATES } from '../../src/pool/states.js';
import { add, by, found, keyOf, lease, put, SECOND, T0, tally, wish } from '../contracts/stores.js';
import { until } from '../service/manual_time.js';
import { describeWithServer } from './databases_postgres.js';
import { withReplicas } from './postgres_two.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

describe('two replicas on one database', () => {
  it('share max_leases of a key between them', () =>
    withReplicas(async ({ one, other }) => {
      await add(one, ...Array.from({ length: 20 }, (_, index) => `s${index}`));
      for (let round = 1; round <= 10; round += 1) {
        const asked = Array.from({ length: 24 }, (_, index) =>
          (index % 2 === 0 ? one : other).pool.acquire(
            wish({ maxLeases: 5, holder: `key:${round}`, ttlSeconds: 5 }),
            T0,
          ),
        );
        const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
        const free = 20 - 5 * (round - 1);
        expect(kinds.filter((kind) => kind === 'granted')).toHaveLength(Math.max(0, Math.min(5, free)));
        if (free > 5) expect(new Set(kinds)).toEqual(new Set(['granted', 'max_leases']));
      }
    }));

  it('answer a request that both get at the same moment with one lease', () =>
    withReplicas(async ({ one, other }) => {
      await add(one, 'a', 'b', 'c');
      for (const idempotencyKey of ['k1', 'k2', 'k3']) {
        const asked = [one, other, one, other].map(({ pool }) => pool.acquire(wish({ idempotencyKey }), T0));
        const outcomes = await Promise.all(asked);
        const leases = outcomes.map((outcome) => (outcome.kind === 'granted' ? outcome.lease.leaseId : null));
        expect(new Set(leases).size).toBe(1);
        const first = outcomes.filter((outcome) => outcome.kind === 'granted' && !outcome.repeated);
        expect(first).toHaveLength(1);
      }
      expect(tally(await one.pool.counts(T0))).toEqual({ leased: 3 });
    }));

  it('make one of two files with one auth key leasable, whoever finds them first', () =>
    withReplicas(async ({ one, other }) => {
      for (const letter of ['k', 'l', 'm', 'n']) {
        const file = (side: string) => put(found(`${letter}${side}`, { authKeySha256: keyOf(letter) }));
        await Promise.all([one.intake.apply([file('1')], T0), other.intake.apply([file('2')], T0)]);
      }
      expect(tally(await one.pool.counts(T0))).toEqual({ free: 4, duplicate: 4 });
    }));

  it('lease and release many sessions at once, each to one, the least recently used first', () =>
    withReplicas(async ({ one, other }) => {
      await add(one, ...Array.from({ length: 100 }, (_, index) => `s${index}`));
      const asked = Array.from({ length: 120 }, (_, index) =>
        (index % 2 === 0 ? one : other).pool.acquire(wish({ holder: `key:${index}` }), T0),
      );
      const outcomes = await Promise.all(asked);
      const leases = outcomes.flatMap((outcome, index) =>
        outcome.kind === 'granted' ? { ...outcome.lease, holder: `key:${index}` } : [],
      );
      expect(new Set(leases.map(({ sessionId }) => sessionId)).size).toBe(100);
      const rows = await one.pool.leases({ skip: 0, limit: 1000 }, T0);
      const held = new Map(rows.map(({ sessionId, leaseId, holder }) => [sessionId, [leaseId, holder]]));
      for (const { sessionId, leaseId, holder } of leases)
        expect(held.get(sessionId)).toEqual([leaseId, holder]);
      const released = leases.flatMap(({ sessionId, leaseId, holder }) =>
        [one, other].map(({ pool }) => pool.release(sessionId, by({ leaseId, holder }), null, T0)),
      );
      const changed = (await Promise.all(released)).filter((done) => done.kind === 'done' && done.changed);
      expect(changed).toHaveLength(100);
      expect(tally(await one.pool.counts(T0))).toEqual({ free: 100 });
    }));

  it('apply deadlines set by the other one, even if they have not heard of them', () =>
    withReplicas(async ({ one, other }) => {
      await add(one, 'a');
      await other.pool.counts(T0);
      const { sessionId, leaseId } = await lease(one, { ttlSeconds: 10 });
      const now = T0 + 10 * SECOND;
      expect(await other.pool.renew(sessionId, by({ leaseId }), null, now)).toEqual({ kind: 'lease_lost' });
      await lease(one, { ttlSeconds: 10 }, now);
      expect((await lease(other, { holder: 'key:2' }, now + 10 * SECOND)).sessionId).toBe(sessionId);
    }));

  it('tell each other freed sessions, events, and the next deadline', () =>
    withReplicas(async ({ one, other, someoneWaits }) => {
      await someoneWaits();
      const events: string[] = [];
      let freed = 0;
      other.onHappened((notices) => events.push(...notices.map(({ event }) => event)));
      other.onFreed((count) => {
        freed += count;
      });
      await other.pool.counts(T0);
      await add(one, 'a', 'b');
      const { sessionId, leaseId } = await lease(one, { ttlSeconds: 7 });
      await until(() => other.nextDeadline() === T0 + 7 * SECOND);
      await one.pool.release(sessionId, by({ leaseId }), null, T0);
      await until(() => freed === 3 && events.length === 4);
      expect(events).toEqual(['added', 'added', 'leased', 'released']);
    }));

  it('wake waiting requests when they listen again after an interruption', () =>
    withReplicas(async ({ one, other, name, someoneWaits }) => {
      await someoneWaits();
      await add(one, 'a');
      const { sessionId, leaseId } = await lease(one);
      let freed = 0;
      await new Promise((told) => setImmediate(told));
      other.onFreed((count) => {
        freed += count;
      });
      await onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
      await until(() => freed > 0);
      freed = 0;
      await until(() =>
        one.pool.release(sessionId, by({ leaseId }), null, T0).then(
          () => true,
          () => false,
        ),
      );
      await until(() => freed > 0);
      const counts = await one.pool.counts(T0);
      expect(STATES.reduce((sum, state) => sum + counts.states[state], 0)).toBe(1);
    }));
});
