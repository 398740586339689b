import { describe, expect, it } from '@jest/globals';
import {
  baseStateChange,
  baseStateOf,
  deadByFile,
  duplicateOf,
  fileGoneChange,
  type StoredBaseState,
  successorChange,
  type YieldsTo,
  yieldsTo,
} from '../../src/intake/auth_key_owner.js';
import { type BaseState, STATES } from '../../src/pool/states.js';

const NOW = 1_700_000_000_000;

const FREE: StoredBaseState = { baseState: 'free', baseStateReason: null };
const DEAD: StoredBaseState = { baseState: 'dead', baseStateReason: 'no auth key' };
const MISSING: StoredBaseState = { baseState: 'missing', baseStateReason: 'its file is gone' };
const DUPLICATE: StoredBaseState = { baseState: 'duplicate', baseStateReason: 'same auth key as a' };
const INACTIVE: StoredBaseState = {
  baseState: 'inactive',
  baseStateReason: 'taken out of the pool by an admin',
};

describe('a session whose file is there', () => {
  const dead = 'no auth key';
  it.each([
    [{ dead: null, inactive: false, duplicateOf: null }, FREE],
    [{ dead: null, inactive: true, duplicateOf: null }, INACTIVE],
    [{ dead: null, inactive: false, duplicateOf: 'a' }, DUPLICATE],
    [{ dead: null, inactive: true, duplicateOf: 'a' }, DUPLICATE],
    [{ dead, inactive: false, duplicateOf: null }, DEAD],
    [{ dead, inactive: true, duplicateOf: 'a' }, DEAD],
  ])('with %j has the base state %j', (facts, base) => {
    expect(baseStateOf(facts)).toEqual(base);
  });
});

describe('of several sessions with one auth key', () => {
  it.each<[StoredBaseState, boolean, YieldsTo]>([
    [FREE, false, 'nobody'],
    [INACTIVE, false, 'nobody'],
    [DEAD, false, 'nobody'],
    [DUPLICATE, false, 'anybody'],
    [MISSING, false, 'owner'],
    [FREE, true, 'anybody'],
    [DUPLICATE, true, 'anybody'],
    [MISSING, true, 'anybody'],
  ])('one whose base state is %j, its key new (%s), leaves it to %s', (row, keyChanged, yields) => {
    expect(yieldsTo(row, keyChanged)).toBe(yields);
  });

  it.each<[BaseState | null, YieldsTo, string | null]>([
    [null, 'anybody', null],
    [null, 'owner', null],
    ['free', 'nobody', null],
    ['duplicate', 'nobody', null],
    ['free', 'anybody', 'other'],
    ['duplicate', 'anybody', 'other'],
    ['free', 'owner', 'other'],
    ['inactive', 'owner', 'other'],
    ['duplicate', 'owner', null],
  ])('beside one that is %s, one that yields to %s is a duplicate of %s', (baseState, yields, name) => {
    expect(duplicateOf(baseState === null ? undefined : { name: 'other', baseState }, yields)).toBe(name);
  });
});

describe('a session that gets another base state', () => {
  const asEvent = (event: string, { baseState, baseStateReason }: StoredBaseState, account = {}) => ({
    event,
    changes: { stateReason: baseStateReason, suspectedAt: null, ...account },
    entry: { at: NOW, event: baseState, detail: baseStateReason },
  });

  it.each([
    ['reconcile', FREE, DUPLICATE, false],
    ['reconcile', DUPLICATE, { ...DUPLICATE, baseStateReason: 'same auth key as b' }, false],
    ['reconcile', FREE, DEAD, false],
    ['reconcile', FREE, { ...INACTIVE, baseStateReason: null }, false],
    ['reconcile', DEAD, { ...DEAD, baseStateReason: 'another reason' }, false],
    ['auth_key_changed', DEAD, FREE, false],
    ['auth_key_changed', DEAD, DUPLICATE, false],
    ['auth_key_changed', FREE, DUPLICATE, true],
    // The same file, but another account: what Telegram said of the last one is no longer true.
    ['auth_key_changed', FREE, FREE, true],
  ])('is a %s, from %j to %j, its key new: %s', (event, from, to, keyChanged) => {
    const account = keyChanged ? { condition: 'alive', conditionDetail: null } : {};
    expect(baseStateChange(from, to, keyChanged, NOW)).toEqual(asEvent(event, to, account));
  });

  it.each([[FREE], [DEAD], [DUPLICATE], [INACTIVE], [MISSING]])(
    'is nothing when it stays %j',
    (baseState) => {
      expect(baseStateChange(baseState, { ...baseState }, false, NOW)).toBeNull();
    },
  );

  it.each([
    ['reconcile', FREE],
    ['reconcile', DUPLICATE],
    ['reconcile', INACTIVE],
    ['auth_key_changed', DEAD],
  ])('is a %s when its file is gone and it was %j', (event, row) => {
    const missing: StoredBaseState = { baseState: 'missing', baseStateReason: 'its file is gone' };
    expect(fileGoneChange(row, 'its file is gone', NOW)).toEqual({
      base: missing,
      ...asEvent(event, missing),
    });
  });
});

describe('the successor to an auth key', () => {
  it.each([
    ['flood', 'flood', NOW + 60_000],
    ['invalid', 'invalidate', null],
    ['dead', 'die', null],
  ] as const)('of a session that is %s has the same said of it', (state, event, stateUntil) => {
    expect(successorChange({ state, stateReason: 'Telegram said so', stateUntil }, NOW)).toEqual({
      event,
      changes: { stateReason: 'Telegram said so', stateUntil },
      entry: { at: NOW, event: state, detail: 'Telegram said so' },
    });
  });

  it('of a session in any other state gets nothing', () => {
    const others = STATES.filter((state) => !['flood', 'invalid', 'dead'].includes(state));
    expect(others).toHaveLength(8);
    for (const state of others) {
      expect(successorChange({ state, stateReason: 'why', stateUntil: NOW }, NOW)).toBeNull();
    }
  });
});

it('a file is dead for the reason that its row gives, and for none where the row is not dead', () => {
  expect(deadByFile(DEAD)).toBe('no auth key');
  for (const baseState of [FREE, DUPLICATE, INACTIVE, MISSING]) expect(deadByFile(baseState)).toBeNull();
});
