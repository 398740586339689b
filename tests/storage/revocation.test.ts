import { describe, expect, it } from '@jest/globals';
import { revocation } from '../../src/pool/lease_expiry.js';
import type { SessionState } from '../../src/pool/session_state.js';
import { STATES, type State } from '../../src/pool/states.js';

const NOW = 1_000_000;

function session(state: State, stateUntil: number | null): SessionState {
  return {
    id: 1,
    name: 'a',
    rest: 'free',
    restReason: null,
    state,
    stateReason: null,
    stateUntil,
    limited: false,
    lastUsedAt: 0,
    leaseId: 'lease',
    leaseHolder: 'key:1',
    leaseAddress: '192.0.2.1',
    leaseTtlSeconds: 3600,
    leaseRenewed: false,
    cooldownUntil: null,
    unreleased: [],
    suspectedAt: null,
  };
}

describe('a lease that is revoked', () => {
  it.each([
    ['a minute, where much of it is left', NOW + 3_600_000, NOW + 60_000],
    ['what is left of it, where that is less', NOW + 20_000, NOW + 20_000],
    ['not at all, where it has just run out', NOW - 5, NOW],
  ])('cools its session down for %s', (_, until, cooledAt) => {
    const change = revocation(session('leased', until), NOW);
    expect(change?.event).toBe('revoke');
    expect(change?.changes).toMatchObject({ stateUntil: cooledAt, lastUsedAt: NOW });
    expect(change?.entry).toEqual({ at: NOW, event: 'revoked' });
  });

  it.each(STATES.filter((state) => state !== 'leased'))('is none where the session is %s', (state) => {
    expect(revocation(session(state, NOW + 1000), NOW)).toBeNull();
  });
});
