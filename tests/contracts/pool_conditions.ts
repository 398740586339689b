import { expect, it } from '@jest/globals';
import type { Block, Freeze } from '../../src/pool/store.js';
import {
  add,
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  nameFor,
  put,
  SECOND,
  type Stores,
  statesOf,
  T0,
  tally,
  usingStores,
} from './stores.js';

const DAY = 86_400 * SECOND;
const SEND = 'messages.sendmessage';
const READ = 'messages.gethistory';

const UNKNOWN: Freeze = { reason: 'FROZEN_METHOD_INVALID', since: null, until: null, appealUrl: null };
const ANSWERED: Freeze = {
  ...{ reason: 'ACCOUNT_FROZEN', since: T0 - DAY, until: T0 + 30 * DAY },
  appealUrl: 'https://t.me/spambot',
};
const freeze = (method: string | null = null): Block => ({ kind: 'freeze', method, ...UNKNOWN });
const limit = (method: string | null = null): Block => ({ kind: 'limit', reason: 'PEER_FLOOD', method });

/** What an account that is limited or frozen is leased for, and for how long. */
export function conditions(make: MakeStores): void {
  const using = usingStores(make);
  const admin = by({ admin: true });

  /** A worker is refused the method because its account is frozen, and gives the session back. */
  async function frozenAt(stores: Stores, method: string | null = null): Promise<void> {
    const { sessionId, leaseId } = await lease(stores);
    const blocked = await stores.pool.block(sessionId, by({ leaseId }), freeze(method), T0);
    expect(blocked).toMatchObject({ kind: 'blocked', state: 'leased' });
    await stores.pool.release(sessionId, by({ leaseId }), null, T0);
  }

  it(
    'that is frozen ends no lease, and keeps the session from every request that does not allow it',
    using(async (stores) => {
      await add(stores, 'a');
      await frozenAt(stores);
      expect(await stores.sessions.session(1)).toMatchObject({
        ...{ state: 'frozen', stateReason: 'FROZEN_METHOD_INVALID', stateUntil: null, condition: 'frozen' },
        conditionDetail: { reason: 'FROZEN_METHOD_INVALID', since: T0, until: null, appealUrl: null },
      });
      const requests = [{}, { sessionId: 1 }, { sessionName: 'a' }, { method: READ }, { tags: ['x'] }];
      for (const over of requests) expect(await nameFor(stores, over)).toBeNull();
      for (const strategy of ['healthiest', 'round_robin'] as const)
        expect(await nameFor(stores, { strategy })).toBeNull();
      expect(await stores.pool.counts(T0)).toMatchObject({ total: 1, frozen: 1, limited: 0 });
      expect(tally(await stores.pool.counts(T0))).toEqual({ frozen: 1 });
    }),
  );

  it(
    'that is frozen is leased to who allows it, after the free ones, and never for what it was refused',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      await frozenAt(stores, SEND);
      const allowFrozen = true;
      expect(await nameFor(stores, { allowFrozen, method: SEND })).toBe('b');
      expect(await nameFor(stores, { allowFrozen, method: SEND })).toBeNull();
      const { sessionName, leaseId, sessionId } = await lease(stores, { allowFrozen, method: READ });
      expect(sessionName).toBe('a');
      expect(await nameFor(stores, { allowFrozen })).toBeNull();
      await stores.pool.release(sessionId, by({ leaseId }), null, T0);
      expect(await statesOf(stores)).toEqual({ a: 'frozen', b: 'leased' });
      for (const over of [{}, { sessionId: 1 }, { sessionName: 'a' }]) {
        const again = await lease(stores, { allowFrozen, ...over });
        expect(again.sessionName).toBe('a');
        await stores.pool.release(1, by({ leaseId: again.leaseId }), null, T0);
      }
      expect(await nameFor(stores, { allowFrozen, sessionId: 1, method: SEND })).toBeNull();
    }),
  );

  it(
    'that is frozen is found by tags, with several of them, by who allows it',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      await stores.sessions.edit(1, { tags: ['eu', 'x'] }, T0);
      await stores.pool.block(1, admin, freeze(), T0);
      await stores.pool.block(2, admin, freeze(), T0);
      expect(await nameFor(stores, { tags: ['eu', 'y'], allowFrozen: true })).toBeNull();
      expect(await nameFor(stores, { tags: ['eu', 'x'], allowFrozen: true })).toBe('a');
      expect(await nameFor(stores, { tags: ['eu'], allowFrozen: true })).toBeNull();
    }),
  );

  it(
    'that is frozen stays so over flood waits and expired leases, until Telegram says that it is not',
    using(async (stores) => {
      await add(stores, 'a');
      await lease(stores, { ttlSeconds: 10 });
      await stores.sessions.checked(1, { freeze: ANSWERED }, T0);
      expect(await stores.sessions.session(1)).toMatchObject({ state: 'leased', condition: 'frozen' });
      const expired = T0 + 10 * SECOND;
      expect(tally(await stores.pool.counts(expired))).toEqual({ frozen: 1 });
      await stores.pool.block(1, admin, { kind: 'flood', seconds: 60, method: null }, expired);
      expect(tally(await stores.pool.counts(expired))).toEqual({ flood: 1 });
      const over = expired + 60 * SECOND;
      expect(tally(await stores.pool.counts(over))).toEqual({ frozen: 1 });
      // A worker's report says less than Telegram's answer.
      await stores.pool.block(1, admin, freeze(), over);
      expect((await stores.sessions.session(1))?.conditionDetail).toEqual(ANSWERED);
      await stores.sessions.checked(1, { freeze: null }, over);
      expect(await stores.sessions.session(1)).toMatchObject({
        ...{ state: 'free', stateReason: null, condition: 'alive', conditionDetail: null },
      });
      expect(await stores.pool.counts(over)).toMatchObject({ frozen: 0 });
      expect(await nameFor(stores, {}, over)).toBe('a');
    }),
  );

  it(
    'that is alive again may call what it was refused, but its flood waits go on',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.pool.block(1, admin, freeze(SEND), T0);
      await stores.pool.block(1, admin, { kind: 'flood', seconds: 60, method: READ }, T0);
      await stores.sessions.checked(1, { freeze: null }, T0);
      expect(await nameFor(stores, { method: READ })).toBeNull();
      expect(await nameFor(stores, { method: SEND })).toBe('a');
    }),
  );

  it(
    'that is frozen wakes a waiting request that allows it',
    using(async (stores) => {
      await add(stores, 'a');
      const { leaseId } = await lease(stores);
      await stores.pool.block(1, by({ leaseId }), freeze(), T0);
      let freed = 0;
      stores.onFreed((count) => {
        freed += count;
      });
      await stores.pool.release(1, by({ leaseId }), null, T0);
      expect(freed).toBe(1);
    }),
  );

  it(
    'that is frozen is looked after by the service, which leases it by id',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.pool.block(1, admin, freeze(), T0);
      const { leaseId } = await lease(stores, { sessionId: 1, alsoInactive: true });
      await stores.pool.release(1, by({ leaseId }), null, T0);
      expect(await statesOf(stores)).toEqual({ a: 'frozen' });
      expect(await stores.sessions.unchecked(T0, 10)).toEqual([1]);
    }),
  );

  it(
    'that is limited is leased for what it still can do, for a day after the last refusal',
    using(async (stores) => {
      await add(stores, 'a');
      const { leaseId } = await lease(stores);
      const until = T0 + DAY;
      expect(await stores.pool.block(1, by({ leaseId }), limit(SEND), T0)).toMatchObject({
        ...{ kind: 'blocked', state: 'leased', until },
      });
      await stores.pool.release(1, by({ leaseId }), null, T0);
      expect(await stores.sessions.session(1)).toMatchObject({
        ...{ state: 'free', condition: 'limited' },
        conditionDetail: { reason: 'PEER_FLOOD', since: T0, until, appealUrl: null },
      });
      const impossible = [{}, { method: SEND }, { method: 'channels.invitetochannel' }];
      for (const over of impossible) expect(await nameFor(stores, over)).toBeNull();
      expect(await stores.pool.counts(T0)).toMatchObject({ limited: 1, freeButMethodFlooded: 1 });
      const reading = await lease(stores, { method: READ });
      await stores.pool.block(1, by({ leaseId: reading.leaseId }), limit(), T0 + 5 * SECOND);
      await stores.pool.release(1, by({ leaseId: reading.leaseId }), null, T0 + 5 * SECOND);
      expect(await nameFor(stores, {}, until)).toBeNull();
      const over = until + 5 * SECOND;
      expect(await stores.pool.counts(over)).toMatchObject({ limited: 0, freeButMethodFlooded: 0 });
      expect(await stores.sessions.session(1)).toMatchObject({ condition: 'alive', conditionDetail: null });
      expect(await nameFor(stores, { method: SEND }, over)).toBe('a');
    }),
  );

  it(
    'that is limited ends on time although another flood wait lasts longer',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.pool.block(1, admin, limit(), T0);
      await stores.pool.block(1, admin, { kind: 'flood', seconds: 2 * 86_400, method: READ }, T0);
      expect(await stores.pool.counts(T0 + DAY)).toMatchObject({ limited: 0, freeButMethodFlooded: 1 });
      expect(await nameFor(stores, { method: SEND }, T0 + DAY)).toBe('a');
    }),
  );

  it(
    'is forgotten when an admin restores the session',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      await stores.pool.block(1, admin, limit(), T0);
      await stores.pool.block(2, admin, freeze(SEND), T0);
      for (const id of [1, 2]) {
        expect(await stores.pool.restore(id, T0)).toMatchObject({ kind: 'done', changed: true });
        expect(await stores.sessions.session(id)).toMatchObject({ state: 'free', condition: 'alive' });
      }
      expect(await stores.pool.counts(T0)).toMatchObject({ limited: 0, frozen: 0, freeButMethodFlooded: 0 });
      expect(await nameFor(stores, { method: SEND })).toBe('a');
    }),
  );

  it(
    'belongs to the account: the file that takes over its auth key has it, and another auth key has not',
    using(async (stores) => {
      const file = (name: string, letter: string) => put(found(name, { authKeySha256: keyOf(letter) }));
      await stores.intake.apply([file('a', 'k'), file('b', 'k')], T0);
      await stores.pool.block(1, admin, freeze(), T0);
      await stores.intake.apply([{ kind: 'gone', name: 'a' }], T0);
      expect(await stores.sessions.session(2)).toMatchObject({ state: 'frozen', condition: 'frozen' });
      await stores.intake.apply([file('b', 'l')], T0);
      expect(await stores.sessions.session(2)).toMatchObject({ state: 'free', condition: 'alive' });
      expect(await stores.pool.counts(T0)).toMatchObject({ frozen: 0 });
    }),
  );

  it(
    'of a dead session counts as dead alone',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.pool.block(1, admin, freeze(), T0);
      await stores.pool.block(1, admin, { kind: 'dead', reason: 'USER_DEACTIVATED_BAN' }, T0);
      expect(await stores.pool.counts(T0)).toMatchObject({ frozen: 0 });
      const listed = (condition: 'alive' | 'limited' | 'frozen' | 'dead') =>
        stores.sessions.count({ condition });
      expect(await Promise.all([listed('dead'), listed('frozen'), listed('alive')])).toEqual([1, 0, 0]);
      expect(await nameFor(stores, { allowFrozen: true })).toBeNull();
    }),
  );
}
