import { describe, expect, it } from '@jest/globals';
import {
  applyEvent,
  becameFree,
  countsOf,
  freeSince,
  idleState,
  isHeld,
  statesBefore,
} from '../../src/pool/session_state.js';
import { STATES } from '../../src/pool/states.js';
import { leasedSession, NOW, sessionIn } from './session_in.js';

const LEASE = { leaseId: 'lease', holder: 'key:1', address: '192.0.2.1' };

describe('an event', () => {
  it('that the table does not have changes nothing', () => {
    expect(applyEvent(sessionIn({ state: 'dead' }), 'acquire', {}, NOW)).toBeNull();
  });

  it('writes its changes and the next state', () => {
    const row = sessionIn({ stateReason: 'before' });
    const changes = { stateUntil: NOW + 5, stateReason: 'flood wait' };
    expect(applyEvent(row, 'flood', changes, NOW)).toEqual({ ...row, ...changes, state: 'flood' });
  });

  it('that brings a session back to its base state gives it the reason of that, and no end', () => {
    const row = sessionIn({
      ...{ state: 'flood', stateReason: 'flood wait', stateUntil: NOW },
      ...{ baseState: 'inactive', baseStateReason: 'taken out of the pool by an admin' },
    });
    const after = applyEvent(row, 'timer_expired', {}, NOW);
    expect(after).toEqual({ ...row, state: 'inactive', stateReason: row.baseStateReason, stateUntil: null });
  });

  it('that leaves a session in its base state keeps reason and end, but for what it changes', () => {
    const row = sessionIn({
      state: 'missing',
      baseState: 'missing',
      baseStateReason: 'new',
      stateReason: 'old',
    });
    expect(applyEvent(row, 'reconcile', {}, NOW)).toEqual(row);
    const changed = applyEvent(row, 'reconcile', { stateReason: 'new' }, NOW);
    expect(changed).toEqual({ ...row, stateReason: 'new' });
  });
});

describe('a lease that ends', () => {
  it('by its holder is not unreleased', () => {
    const after = applyEvent(leasedSession(), 'release', { cooldownUntil: null }, NOW);
    expect(after).toMatchObject({ state: 'free', unreleased: [] });
  });

  it('by running out is unreleased, and its session free at once', () => {
    const after = applyEvent(leasedSession(), 'expire', {}, NOW);
    expect(after).toMatchObject({ state: 'free', unreleased: [LEASE] });
  });

  it('while its holder may still be connected is unreleased', () => {
    const cooldownUntil = NOW + 5;
    const after = applyEvent(leasedSession(), 'enter_cooldown', { cooldownUntil }, NOW);
    expect(after).toMatchObject({ state: 'cooldown', unreleased: [LEASE] });
    const flooded = applyEvent(leasedSession(), 'flood', { cooldownUntil }, NOW);
    expect(flooded).toMatchObject({ state: 'flood', unreleased: [LEASE] });
    const byHolder = applyEvent(leasedSession(), 'flood', {}, NOW);
    expect(byHolder).toMatchObject({ state: 'flood', unreleased: [] });
  });

  it('is remembered once: what happens to the session afterwards adds nothing', () => {
    const row = leasedSession({ state: 'cooldown', cooldownUntil: NOW + 5, unreleased: [LEASE] });
    expect(applyEvent(row, 'flood', {}, NOW)).toMatchObject({ unreleased: [LEASE] });
  });
});

describe('a session whose last holder may still be connected', () => {
  const flooded = { state: 'flood', stateUntil: NOW, cooldownUntil: NOW + 1 } as const;

  it('cools down in place of becoming free', () => {
    expect(applyEvent(sessionIn(flooded), 'restore', {}, NOW)).toMatchObject({
      ...{ state: 'cooldown', stateUntil: NOW + 1, stateReason: 'its lease was ended' },
    });
  });

  it('cools down in place of becoming inactive, since an admin may lease it then', () => {
    const row = sessionIn({ ...flooded, baseState: 'inactive' });
    expect(applyEvent(row, 'timer_expired', {}, NOW)).toMatchObject({ state: 'cooldown' });
  });

  it.each(['missing', 'dead', 'duplicate'] as const)(
    'becomes %s all the same: nobody may lease it',
    (baseState) => {
      const after = applyEvent(sessionIn({ ...flooded, baseState }), 'restore', {}, NOW);
      expect(after).toMatchObject({ state: baseState, stateUntil: null });
    },
  );

  it('stays in its base state if it is there already', () => {
    const row = sessionIn({ cooldownUntil: NOW + 1 });
    expect(applyEvent(row, 'reconcile', {}, NOW)).toEqual(row);
  });

  it('becomes free once the time is over', () => {
    const row = sessionIn({ ...flooded, cooldownUntil: NOW });
    expect(applyEvent(row, 'timer_expired', {}, NOW)).toMatchObject({ state: 'free' });
  });

  it('cools down as well when its lease runs out', () => {
    const row = leasedSession({ cooldownUntil: NOW + 1 });
    expect(applyEvent(row, 'expire', {}, NOW)).toMatchObject({ state: 'cooldown', unreleased: [LEASE] });
  });

  it('may be flooded meanwhile', () => {
    const row = sessionIn({ cooldownUntil: NOW + 1, stateReason: 'before', stateUntil: NOW });
    const after = applyEvent(row, 'flood', {}, NOW);
    expect(after).toEqual({ ...row, state: 'flood' });
  });
});

describe('a session that nothing holds', () => {
  const frozen = {
    condition: 'frozen',
    conditionDetail: { reason: 'X', since: 1, until: 2, appealUrl: null },
  } as const;
  const usedUp = { usedUpUntil: NOW + 1 };

  it('is frozen with its account, and used up until its day is over, unless its base state is another', () => {
    expect(idleState(sessionIn(), NOW)).toBe('free');
    expect(idleState(sessionIn(usedUp), NOW)).toBe('used_up');
    expect(idleState(sessionIn(usedUp), NOW + 1)).toBe('free');
    expect(idleState(sessionIn({ ...frozen, ...usedUp }), NOW)).toBe('frozen');
    expect(idleState(sessionIn({ ...frozen, ...usedUp, baseState: 'inactive' }), NOW)).toBe('inactive');
  });

  it('comes back to that from a lease, whatever changes with it, and says why', () => {
    const changes = { lastUsedAt: NOW, stateReason: null, cooldownUntil: null };
    expect(applyEvent(leasedSession(usedUp), 'release', changes, NOW)).toMatchObject({
      ...{ state: 'used_up', stateUntil: NOW + 1, stateReason: 'all uses of the day', lastUsedAt: NOW },
    });
    expect(applyEvent(leasedSession(), 'release', { ...changes, ...frozen }, NOW)).toMatchObject({
      ...{ state: 'frozen', stateUntil: null, stateReason: 'X' },
    });
    expect(
      applyEvent(sessionIn({ ...usedUp, state: 'used_up' }), 'timer_expired', {}, NOW + 1),
    ).toMatchObject({
      ...{ state: 'free', stateUntil: null, stateReason: null },
    });
  });
});

describe('what is known of sessions by their states', () => {
  it('is in which of them an event changes something', () => {
    expect(statesBefore('acquire')).toEqual(['free', 'frozen', 'used_up', 'inactive']);
    expect(statesBefore('release')).toEqual(['leased', 'cooldown']);
  });

  it('is how they are counted', () => {
    expect(countsOf(sessionIn())).toEqual(['state:free']);
    expect(countsOf(sessionIn({ methodFlooded: true }))).toEqual(['state:free', 'method_flooded']);
    expect(countsOf(sessionIn({ methodFlooded: true, state: 'dead' }))).toEqual(['state:dead']);
    expect(countsOf(leasedSession())).toEqual(['state:leased', 'holder:key:1']);
    expect(countsOf(leasedSession({ state: 'cooldown' }))).toEqual(['state:cooldown']);
  });

  it('is whether one became free for those who wait', () => {
    const [free, flooded] = [sessionIn(), sessionIn({ methodFlooded: true })];
    expect(becameFree(leasedSession(), free)).toBe(true);
    expect(becameFree(leasedSession(), flooded)).toBe(true);
    expect(becameFree(flooded, free)).toBe(true);
    expect(becameFree(flooded, flooded)).toBe(false);
    expect(becameFree(free, flooded)).toBe(false);
    expect(becameFree(free, free)).toBe(false);
    expect(becameFree(flooded, leasedSession())).toBe(false);
  });

  it('is since when they are free', () => {
    expect(freeSince(sessionIn({ lastUsedAt: 5 }))).toBe(5);
    expect(freeSince(leasedSession({ lastUsedAt: 5 }))).toBeNull();
  });

  it('is whether somebody may be connected', () => {
    expect(STATES.filter((state) => isHeld({ state }))).toEqual(['leased', 'cooldown']);
  });
});
