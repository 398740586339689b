import { describe, expect, it } from '@jest/globals';
import {
  decideBlock,
  decideRelease,
  passedDeadline,
  renewal,
  revocation,
} from '../../src/pool/lease_decisions.js';
import type { SessionState } from '../../src/pool/session_state.js';
import { INVALIDATED_UNTIL, STATES } from '../../src/pool/states.js';
import type { Block } from '../../src/pool/store.js';
import { ADMIN, holder, leasedSession, NOW, sessionIn } from './session_in.js';

const MINUTE_MS = 60_000;

describe('a release', () => {
  it('by its holder ends the lease and any cool-down of an earlier holder', () => {
    expect(decideRelease(leasedSession(), holder(), false, NOW)).toEqual({
      kind: 'allowed',
      as: 'holder',
      change: {
        event: 'release',
        changes: { lastUsedAt: NOW, cooldownUntil: null },
        entry: { at: NOW, holder: 'key:1', event: 'released' },
      },
      columns: {},
    });
  });

  it('by its holder ends the cool-down after the lease, and the lease is not unreleased any more', () => {
    const other = { leaseId: 'earlier', holder: 'key:2', address: null };
    const unreleased = [other, { leaseId: 'lease', holder: 'key:1', address: null }];
    const row = leasedSession({ state: 'cooldown', unreleased });
    expect(decideRelease(row, holder(), false, NOW)).toMatchObject({
      change: { event: 'release', changes: { lastUsedAt: NOW, cooldownUntil: null, unreleased: [other] } },
      columns: {},
    });
  });

  it('of a lease that goes on forgets no other lease', () => {
    const unreleased = [{ leaseId: 'lease', holder: 'key:1', address: null }];
    const decision = decideRelease(leasedSession({ unreleased }), holder(), false, NOW);
    expect(decision).toMatchObject({ change: { changes: { lastUsedAt: NOW, cooldownUntil: null } } });
    expect(decision).not.toHaveProperty('change.changes.unreleased');
  });

  it.each(STATES.filter((state) => state !== 'leased' && state !== 'cooldown'))(
    'by the last holder of a session that is %s ends nothing, and only forgets that lease',
    (state) => {
      const row = leasedSession({
        state,
        unreleased: [{ leaseId: 'lease', holder: 'key:1', address: null }],
      });
      expect(decideRelease(row, holder(), false, NOW)).toEqual({
        ...{ kind: 'allowed', as: 'holder', change: null },
        columns: { unreleased: [] },
      });
    },
  );

  it('of which nothing is known writes nothing', () => {
    const unreleased = [{ leaseId: 'earlier', holder: 'key:2', address: null }];
    expect(decideRelease(leasedSession({ state: 'free', unreleased }), holder(), false, NOW)).toEqual({
      ...{ kind: 'allowed', as: 'holder', change: null, columns: {} },
    });
  });

  it('without a lease id does not end a cool-down', () => {
    const caller = holder({ leaseId: null, leaseIds: 'compatible' });
    for (const [by, as] of [
      [caller, 'last_holder'],
      [{ ...caller, holder: 'key:2' }, 'bystander'],
    ] as const) {
      const decision = decideRelease(leasedSession({ state: 'cooldown' }), by, false, NOW);
      expect(decision).toEqual({ kind: 'allowed', as, change: null, columns: {} });
    }
  });

  it('with a flood wait is refused to those who never held the session, and without one is not', () => {
    const stranger = holder({ holder: 'key:2', leaseId: null, leaseIds: 'compatible' });
    const row = leasedSession({ state: 'free' });
    expect(decideRelease(row, stranger, true, NOW)).toEqual({ kind: 'not_lease_holder' });
    expect(decideRelease(row, stranger, false, NOW)).toMatchObject({ kind: 'allowed', as: 'bystander' });
  });

  it('is refused to others', () => {
    expect(decideRelease(leasedSession(), holder({ leaseId: 'older' }), false, NOW)).toEqual({
      kind: 'lease_lost',
    });
  });

  it('by an admin takes the session from its holder, and cools it down', () => {
    expect(decideRelease(leasedSession(), ADMIN, false, NOW)).toEqual({
      kind: 'allowed',
      as: 'admin',
      change: {
        ...revocation(leasedSession(), NOW),
        entry: { at: NOW, holder: 'key:admin', event: 'revoked' },
      },
      columns: {},
    });
  });

  it('by an admin of a session that nobody holds changes nothing', () => {
    const unreleased = [{ leaseId: 'lease', holder: 'key:1', address: '192.0.2.1' }];
    expect(decideRelease(leasedSession({ state: 'cooldown', unreleased }), ADMIN, false, NOW)).toEqual({
      ...{ kind: 'allowed', as: 'admin', change: null, columns: {} },
    });
  });
});

describe('a renewal', () => {
  it.each([
    ['for its own length', 3600, null, 3600],
    ['for another length, which is its own from now on', 3600, 60, 60],
    ['for no time, where its length is not known', null, null, 0],
  ])('lets the lease last %s', (_, leaseTtlSeconds, ttl, seconds) => {
    expect(renewal(leasedSession({ leaseTtlSeconds }), ttl, NOW)).toEqual({
      ...{ stateUntil: NOW + seconds * 1000, leaseTtlSeconds: seconds, leaseRenewed: true },
    });
  });
});

describe('a fenced lease', () => {
  it.each(['process', 'cluster'] as const)('that has expired leaves no cool-down (%s)', (leaseFence) => {
    const row = leasedSession({ stateUntil: NOW, leaseRenewed: true, leaseFence });
    expect(passedDeadline(row, NOW)).toMatchObject({ event: 'expire', entry: { event: 'expired' } });
  });

  it('that is revoked leaves none if the same process has cut its connections', () => {
    expect(revocation(leasedSession({ leaseFence: 'process' }), NOW)).toEqual({
      ...{ event: 'expire', changes: { lastUsedAt: NOW }, entry: { at: NOW, event: 'revoked' } },
    });
    expect(revocation(leasedSession({ leaseFence: 'cluster' }), NOW)).toEqual(
      revocation(leasedSession(), NOW),
    );
  });

  it('is not shortened by a renewal', () => {
    const row = leasedSession({ leaseFence: 'cluster' });
    expect(renewal(row, 1, NOW).stateUntil).toBe(row.stateUntil);
    expect(renewal(row, 7200, NOW).stateUntil).toBe(NOW + 7_200_000);
  });
});

describe('a deadline', () => {
  it('ends a lease that was never renewed', () => {
    expect(passedDeadline(leasedSession({ stateUntil: NOW }), NOW)).toEqual({
      ...{ event: 'expire', changes: { lastUsedAt: NOW }, entry: { at: NOW, event: 'expired' } },
    });
  });

  it.each([
    ['a minute after a longer lease', 3600, MINUTE_MS],
    ['as long as a shorter lease was', 20, 20_000],
    ['a minute after a lease of unknown length', null, MINUTE_MS],
  ])('of a lease that was renewed cools its session down for %s', (_, leaseTtlSeconds, ms) => {
    const row = leasedSession({ stateUntil: NOW - 5, leaseRenewed: true, leaseTtlSeconds });
    expect(passedDeadline(row, NOW)).toEqual({
      event: 'enter_cooldown',
      changes: {
        ...{ lastUsedAt: NOW, cooldownUntil: NOW + ms, stateUntil: NOW + ms },
        stateReason: 'its lease expired although it had been renewed',
      },
      entry: { at: NOW, event: 'expired' },
    });
  });

  it.each(['cooldown', 'flood', 'invalid'] as const)('ends the state %s', (state) => {
    expect(passedDeadline(sessionIn({ state, stateUntil: NOW }), NOW)).toEqual({
      ...{ event: 'timer_expired', changes: {}, entry: { at: NOW, event: `${state}_over` } },
    });
  });

  it('that has not passed causes nothing, nor does one that there is not, or of a state without one', () => {
    expect(passedDeadline(leasedSession({ stateUntil: NOW + 1 }), NOW)).toBeNull();
    expect(passedDeadline(leasedSession({ stateUntil: null }), NOW)).toBeNull();
    for (const state of ['free', 'missing', 'dead', 'inactive', 'duplicate'] as const) {
      expect(passedDeadline(sessionIn({ state, stateUntil: NOW - 1 }), NOW)).toBeNull();
    }
  });
});

describe('a lease that is revoked', () => {
  it.each([
    ['a minute, where much of it is left', NOW + 3_600_000, NOW + MINUTE_MS],
    ['what is left of it, where that is less', NOW + 20_000, NOW + 20_000],
    ['not at all, where it has just run out', NOW - 5, NOW],
    ['not at all, where no end of it is known', null, NOW],
  ])('cools its session down for %s', (_, stateUntil, cooledAt) => {
    expect(revocation(leasedSession({ stateUntil }), NOW)).toEqual({
      event: 'revoke',
      changes: {
        ...{ lastUsedAt: NOW, cooldownUntil: cooledAt, stateUntil: cooledAt },
        stateReason: 'its lease was revoked',
      },
      entry: { at: NOW, event: 'revoked' },
    });
  });

  it.each(STATES.filter((state) => state !== 'leased'))('does not exist if the session is %s', (state) => {
    expect(revocation(leasedSession({ state, stateUntil: NOW + 1000 }), NOW)).toBeNull();
  });
});

describe('a flood wait', () => {
  const flood = (seconds: number, method: string | null = null): Block => ({
    kind: 'flood',
    seconds,
    method,
  });

  it('keeps the session out of the pool for its time', () => {
    expect(decideBlock(leasedSession(), flood(30), holder(), 'holder', NOW)).toEqual({
      kind: 'event',
      event: 'flood',
      changes: { stateUntil: NOW + 30_000, stateReason: 'flood wait', lastUsedAt: NOW },
      entry: { at: NOW, holder: 'key:1', event: 'flooded', detail: '30 s' },
      until: NOW + 30_000,
    });
  });

  it.each([
    ['an earlier flood wait ends later', { state: 'flood', stateUntil: NOW + 90_000 } as const, NOW + 90_000],
    ['an earlier flood wait ends sooner', { state: 'flood', stateUntil: NOW + 1000 } as const, NOW + 30_000],
    ['no end of an earlier flood wait is known', { state: 'flood', stateUntil: null } as const, NOW + 30_000],
    ['another state ends later', { state: 'cooldown', stateUntil: NOW + 90_000 } as const, NOW + 30_000],
    ['its last holder may be connected for longer', { cooldownUntil: NOW + 90_000 }, NOW + 90_000],
  ])('where %s', (_, over, until) => {
    expect(decideBlock(sessionIn(over), flood(30), holder(), 'holder', NOW)).toMatchObject({
      ...{ changes: { stateUntil: until }, until: NOW + 30_000 },
    });
  });

  it('of one method leaves the session in the pool', () => {
    expect(decideBlock(leasedSession(), flood(30, 'a.b'), holder(), 'holder', NOW)).toEqual({
      kind: 'note',
      changes: { methodFlooded: true },
      entry: { at: NOW, holder: 'key:1', event: 'method_flooded', detail: 'a.b: 30 s' },
      methods: [{ name: 'a.b', until: NOW + 30_000 }],
      until: NOW + 30_000,
    });
  });

  it.each([
    ['a minute, where that is longer', 30, MINUTE_MS],
    ['its own time, where that is longer', 90, 90_000],
  ])('by an admin, of what another holds, lasts %s', (_, seconds, ms) => {
    expect(decideBlock(leasedSession(), flood(seconds), ADMIN, 'admin', NOW)).toMatchObject({
      kind: 'event',
      changes: { cooldownUntil: NOW + MINUTE_MS, stateUntil: NOW + ms },
      until: NOW + seconds * 1000,
    });
  });

  it('of one method, by an admin, takes the session from nobody', () => {
    const decision = decideBlock(leasedSession(), flood(30, 'a.b'), ADMIN, 'admin', NOW);
    expect(decision).toMatchObject({ kind: 'note', changes: { methodFlooded: true } });
    expect(decision).not.toHaveProperty('changes.cooldownUntil');
  });

  it('by an admin, of what nobody holds, or by the holder, adds no cool-down', () => {
    for (const [row, as] of [
      [sessionIn(), 'admin'],
      [leasedSession(), 'holder'],
    ] as const) {
      const decision = decideBlock(row, flood(30), ADMIN, as, NOW);
      expect(decision).not.toHaveProperty('changes.cooldownUntil');
    }
  });
});

describe('a session', () => {
  it('that is invalidated is out of the pool for good, with its reason', () => {
    const block: Block = { kind: 'invalidate', reason: 'spam' };
    expect(decideBlock(leasedSession(), block, holder(), 'holder', NOW)).toEqual({
      kind: 'event',
      event: 'invalidate',
      changes: { stateUntil: INVALIDATED_UNTIL, stateReason: 'spam' },
      entry: { at: NOW, holder: 'key:1', event: 'invalidated', detail: 'spam' },
      until: NOW + 2_700_000,
    });
    expect(decideBlock(sessionIn(), { ...block, reason: null }, holder(), 'holder', NOW)).toMatchObject({
      ...{ changes: { stateReason: 'invalidated' }, entry: { detail: null }, until: null },
    });
  });

  it('that is dead stays so without an end', () => {
    const block: Block = { kind: 'dead', reason: 'SESSION_REVOKED' };
    expect(decideBlock(leasedSession(), block, holder(), 'holder', NOW)).toEqual({
      kind: 'event',
      event: 'die',
      changes: { stateReason: 'SESSION_REVOKED', stateUntil: null },
      entry: { at: NOW, holder: 'key:1', event: 'died', detail: 'SESSION_REVOKED' },
      until: NOW + 2_700_000,
    });
  });

  it('that dies while an admin takes it from its holder has no end, but a cool-down', () => {
    const block: Block = { kind: 'dead', reason: 'SESSION_REVOKED' };
    expect(decideBlock(leasedSession(), block, ADMIN, 'admin', NOW)).toMatchObject({
      changes: { stateUntil: null, cooldownUntil: NOW + MINUTE_MS },
    });
    const invalidated = decideBlock(
      leasedSession(),
      { kind: 'invalidate', reason: null },
      ADMIN,
      'admin',
      NOW,
    );
    expect(invalidated).toMatchObject({
      changes: { stateUntil: INVALIDATED_UNTIL, cooldownUntil: NOW + MINUTE_MS },
    });
  });

  it('whose account is frozen keeps its lease, and what Telegram has said of the freeze before', () => {
    const block: Block = {
      kind: 'freeze',
      method: 'a.b',
      reason: 'X',
      since: null,
      until: null,
      appealUrl: null,
    };
    const decide = (over: Partial<SessionState>) =>
      decideBlock(leasedSession(over), block, holder(), 'holder', NOW);
    expect(decide({})).toMatchObject({
      kind: 'note',
      changes: {
        ...{ condition: 'frozen', methodFlooded: true },
        conditionDetail: { reason: 'X', since: NOW, until: null, appealUrl: null },
      },
      methods: [{ name: 'a.b', until: NOW + 315_360_000_000 }],
      until: null,
    });
    const known = { reason: 'Y', since: 5, until: 9, appealUrl: 'https://t.me/x' };
    expect(decide({ condition: 'frozen', conditionDetail: known })).toMatchObject({
      changes: { condition: 'frozen', conditionDetail: known },
    });
  });

  it('whose account is limited keeps its lease, for a day after the last refusal', () => {
    const block: Block = { kind: 'limit', method: 'a.b', reason: 'PEER_FLOOD' };
    const until = NOW + 86_400_000;
    const known = { reason: 'PEER_FLOOD', since: 5, until: 9, appealUrl: null };
    const again = leasedSession({ condition: 'limited', conditionDetail: known });
    const decision = decideBlock(again, block, holder(), 'holder', NOW);
    expect(decision).toMatchObject({
      ...{ kind: 'note', until },
      changes: { condition: 'limited', methodFlooded: true, conditionDetail: { ...known, until } },
      methods: expect.arrayContaining([
        { name: 'a.b', until },
        { name: 'messages.sendmessage', until },
      ]),
    });
    const frozen = decideBlock(leasedSession({ condition: 'frozen' }), block, holder(), 'holder', NOW);
    expect(frozen).toMatchObject({ changes: { methodFlooded: true } });
    expect(frozen).not.toMatchObject({ changes: { condition: 'limited' } });
  });

  it.each([
    ['for the first time is noted', null, 'note'],
    ['for the second time within the hour is dead', NOW - 3_599_999, 'event'],
    ['for the second time an hour later is noted', NOW - 3_600_000, 'note'],
  ])('that is suspected %s', (_, suspectedAt, kind) => {
    const block: Block = { kind: 'suspect', reason: 'AUTH_KEY_UNREGISTERED' };
    const decision = decideBlock(leasedSession({ suspectedAt }), block, holder(), 'holder', NOW);
    const detail = 'AUTH_KEY_UNREGISTERED';
    const entry = { at: NOW, holder: 'key:1', event: kind === 'note' ? 'suspected' : 'died', detail };
    expect(decision).toMatchObject({ kind, entry });
    if (kind === 'note') expect(decision).toMatchObject({ changes: { suspectedAt: NOW }, methods: [] });
    else expect(decision).toMatchObject({ event: 'die', changes: { stateReason: detail } });
  });

  it('about which nothing is said stays as it is', () => {
    for (const as of ['holder', 'admin'] as const) {
      expect(decideBlock(leasedSession(), { kind: 'none' }, holder(), as, NOW)).toEqual({ kind: 'nothing' });
    }
  });
});
