import { describe, expect, it } from '@jest/globals';
import {
  authorizeBlock,
  authorizeLease,
  type Caller,
  type LeaseRecord,
  withLateRelease,
  withUnreleased,
} from '../../src/pool/lease_authorization.js';

const MINE = '192.0.2.1';
const OTHER = '192.0.2.2';

const held: LeaseRecord = {
  state: 'leased',
  leaseId: 'current',
  leaseHolder: 'key:1',
  leaseAddress: MINE,
  leaseRenewed: false,
  unreleased: [],
};
const over: LeaseRecord = { ...held, state: 'free' };
const earlier = (holder: string, address: string | null = OTHER) => ({ leaseId: 'earlier', holder, address });

function caller(changes: Partial<Caller>): Caller {
  return {
    ...{ holder: 'key:1', admin: false, leaseId: null, address: MINE, leaseIds: 'compatible' },
    ...changes,
  };
}

function verdict(lease: LeaseRecord, by: Partial<Caller>): string {
  const authorized = authorizeLease(lease, caller(by));
  return authorized.kind === 'allowed' ? authorized.as : authorized.kind;
}

describe('a call with a lease id', () => {
  it.each([
    ['the current one, by the key that it was given to', held, { leaseId: 'current' }, 'holder'],
    ['the current one, from another address', held, { leaseId: 'current', address: OTHER }, 'holder'],
    ['the current one, by another key', held, { holder: 'key:2', leaseId: 'current' }, 'not_lease_holder'],
    ["another key's, by an admin", held, { holder: 'key:2', admin: true, leaseId: 'current' }, 'admin'],
    ['an older one', held, { leaseId: 'older' }, 'lease_lost'],
    ['an older one, by an admin', held, { admin: true, leaseId: 'older' }, 'lease_lost'],
    ['the last one, while nobody has the session', over, { leaseId: 'current' }, 'holder'],
    ['the last one, by another key', over, { holder: 'key:2', leaseId: 'current' }, 'not_lease_holder'],
    ['one before the last', over, { leaseId: 'older' }, 'lease_lost'],
  ] as const)('%s', (_, lease, by, expected) => {
    expect(verdict(lease, by)).toBe(expected);
  });
});

describe('a call without a lease id', () => {
  it.each([
    ['by the same client of the same key is the holder', held, {}, 'holder'],
    ['from another address is in doubt', held, { address: OTHER }, 'lease_id_required'],
    ['from no known address is in doubt', held, { address: null }, 'lease_id_required'],
    [
      'for a lease that was given to no known address is in doubt',
      { ...held, leaseAddress: null },
      { address: null },
      'lease_id_required',
    ],
    [
      'for a lease that its holder renewed by its id is in doubt',
      { ...held, leaseRenewed: true },
      {},
      'lease_id_required',
    ],
    [
      'after a lease of the same key that nobody released is in doubt',
      { ...held, unreleased: [earlier('key:1')] },
      {},
      'lease_id_required',
    ],
    [
      'however many leases of other keys came between',
      { ...held, unreleased: [earlier('key:1'), earlier('key:2')] },
      {},
      'lease_id_required',
    ],
    [
      'after one of another key that nobody released is the holder',
      { ...held, unreleased: [earlier('key:2')] },
      {},
      'holder',
    ],
    ['by another key is not the holder', held, { holder: 'key:2' }, 'not_lease_holder'],
    [
      'by the admin key that holds the lease is held to the same rule',
      held,
      { admin: true, address: OTHER },
      'lease_id_required',
    ],
    [
      'by an admin, of what another key holds, acts by its role',
      held,
      { holder: 'key:2', admin: true },
      'admin',
    ],
    ['by the admin key that held a free session last acts by its role', over, { admin: true }, 'admin'],
    ['by the key that held a free session last', over, {}, 'last_holder'],
    ['by a key that did not hold it last', over, { holder: 'key:2' }, 'bystander'],
  ] as const)('%s', (_, lease, by, expected) => {
    expect(verdict(lease, by)).toBe(expected);
  });

  it.each([
    ['of the holder', held, {}, 'lease_id_required'],
    ['of a session that is free', over, {}, 'lease_id_required'],
    ["of an admin about another key's session", held, { holder: 'key:2', admin: true }, 'admin'],
    ['that does name it', held, { leaseId: 'current' }, 'holder'],
  ] as const)('if lease ids are required, %s', (_, lease, by, expected) => {
    expect(verdict(lease, { ...by, leaseIds: 'required' })).toBe(expected);
  });
});

describe('a call that blocks a session', () => {
  const block = (lease: LeaseRecord, by: Partial<Caller>) => authorizeBlock(lease, caller(by));

  it('may come from whoever holds it or held it last, and from an admin', () => {
    expect(block(held, {})).toEqual({ kind: 'allowed', as: 'holder' });
    expect(block(over, {})).toEqual({ kind: 'allowed', as: 'last_holder' });
    expect(block(over, { admin: true, holder: 'key:2' })).toEqual({ kind: 'allowed', as: 'admin' });
  });

  it('may not come from others, whatever else they may do', () => {
    expect(authorizeLease(over, caller({ holder: 'key:2' }))).toEqual({ kind: 'allowed', as: 'bystander' });
    expect(block(over, { holder: 'key:2' })).toEqual({ kind: 'not_lease_holder' });
    expect(block(held, { leaseId: 'older' })).toEqual({ kind: 'lease_lost' });
  });
});

describe('unreleased leases', () => {
  it('are remembered by their client, the newest sixteen', () => {
    expect(withUnreleased(held)).toEqual([{ leaseId: 'current', holder: 'key:1', address: MINE }]);
    const many = Array.from({ length: 16 }, (_, n) => ({ ...earlier('key:2'), leaseId: `${n}` }));
    const kept = withUnreleased({ ...held, unreleased: many });
    expect(kept.map(({ leaseId }) => leaseId)).toEqual([
      ...many.slice(1).map(({ leaseId }) => leaseId),
      'current',
    ]);
  });

  it('are none of a session that nobody has ever held', () => {
    const unreleased = [earlier('key:1')];
    expect(withUnreleased({ ...held, leaseHolder: null, unreleased })).toBe(unreleased);
  });

  it('are released late by their id, whoever else is late', () => {
    const unreleased = [earlier('key:1', MINE), { leaseId: 'current', holder: 'key:1', address: MINE }];
    expect(withLateRelease({ ...over, unreleased }, caller({ leaseId: 'current' }))).toEqual([unreleased[0]]);
  });

  it('are released late without an id only by a client that can mean no other', () => {
    const one = [earlier('key:1', MINE), earlier('key:2')];
    expect(withLateRelease({ ...over, unreleased: one }, caller({}))).toEqual([earlier('key:2')]);
    expect(withLateRelease({ ...over, unreleased: one }, caller({ address: OTHER }))).toEqual(one);
    const none = [earlier('key:2', MINE)];
    expect(withLateRelease({ ...over, unreleased: none }, caller({}))).toEqual(none);
    const two = [earlier('key:1', MINE), earlier('key:1', MINE)];
    expect(withLateRelease({ ...over, unreleased: two }, caller({}))).toEqual(two);
  });
});
