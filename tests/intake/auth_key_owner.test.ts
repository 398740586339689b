import { describe, expect, it } from '@jest/globals';
import {
  deadByFile,
  goingMissing,
  inherited,
  keeperOf,
  type Rest,
  restOf,
  settling,
  type Yielding,
  yieldingOf,
} from '../../src/intake/auth_key_owner.js';
import { type BaseState, STATES } from '../../src/pool/states.js';

const NOW = 1_700_000_000_000;

const FREE: Rest = { rest: 'free', restReason: null };
const DEAD: Rest = { rest: 'dead', restReason: 'no auth key' };
const MISSING: Rest = { rest: 'missing', restReason: 'its file is gone' };
const DUPLICATE: Rest = { rest: 'duplicate', restReason: 'same auth key as a' };
const INACTIVE: Rest = { rest: 'inactive', restReason: 'taken out of the pool by an admin' };

describe('a session whose file is there', () => {
  const dead = 'no auth key';
  it.each([
    [{ dead: null, inactive: false, twin: null }, FREE],
    [{ dead: null, inactive: true, twin: null }, INACTIVE],
    [{ dead: null, inactive: false, twin: 'a' }, DUPLICATE],
    [{ dead: null, inactive: true, twin: 'a' }, DUPLICATE],
    [{ dead, inactive: false, twin: null }, DEAD],
    [{ dead, inactive: true, twin: 'a' }, DEAD],
  ])('with %j rests as %j', (facts, rest) => {
    expect(restOf(facts)).toEqual(rest);
  });
});

describe('of several sessions with one auth key', () => {
  it.each<[Rest, boolean, Yielding]>([
    [FREE, false, 'nobody'],
    [INACTIVE, false, 'nobody'],
    [DEAD, false, 'nobody'],
    [DUPLICATE, false, 'anybody'],
    [MISSING, false, 'owner'],
    [FREE, true, 'anybody'],
    [DUPLICATE, true, 'anybody'],
    [MISSING, true, 'anybody'],
  ])('one at rest as %j, its key new (%s), gives way to %s', (row, keyChanged, yielding) => {
    expect(yieldingOf(row, keyChanged)).toBe(yielding);
  });

  it.each<[BaseState | null, Yielding, string | null]>([
    [null, 'anybody', null],
    [null, 'owner', null],
    ['free', 'nobody', null],
    ['duplicate', 'nobody', null],
    ['free', 'anybody', 'other'],
    ['duplicate', 'anybody', 'other'],
    ['free', 'owner', 'other'],
    ['inactive', 'owner', 'other'],
    ['duplicate', 'owner', null],
  ])('beside one that is %s, one that gives way to %s leaves the key to %s', (rest, yielding, keeper) => {
    expect(keeperOf(rest === null ? undefined : { name: 'other', rest }, yielding)).toBe(keeper);
  });
});

describe('a session that comes to rest elsewhere', () => {
  const asEvent = (event: string, { rest, restReason }: Rest) => ({
    event,
    changes: { stateReason: restReason, suspectedAt: null },
    entry: { at: NOW, event: rest, detail: restReason },
  });

  it.each([
    ['reconcile', FREE, DUPLICATE, false],
    ['reconcile', DUPLICATE, { ...DUPLICATE, restReason: 'same auth key as b' }, false],
    ['reconcile', FREE, DEAD, false],
    ['reconcile', DEAD, { ...DEAD, restReason: 'another reason' }, false],
    ['auth_key_changed', DEAD, FREE, false],
    ['auth_key_changed', DEAD, DUPLICATE, false],
    ['auth_key_changed', FREE, DUPLICATE, true],
    // The same place, and another account: what Telegram said of the last one is no longer true.
    ['auth_key_changed', FREE, FREE, true],
  ])('is a %s, from %j to %j, its key new: %s', (event, from, to, keyChanged) => {
    expect(settling(from, to, keyChanged, NOW)).toEqual(asEvent(event, to));
  });

  it.each([[FREE], [DEAD], [DUPLICATE], [INACTIVE], [MISSING]])('is nothing when it stays %j', (rest) => {
    expect(settling(rest, { ...rest }, false, NOW)).toBeNull();
  });

  it.each([
    ['reconcile', FREE],
    ['reconcile', DUPLICATE],
    ['reconcile', INACTIVE],
    ['auth_key_changed', DEAD],
  ])('is a %s when its file is gone and it was %j', (event, row) => {
    const missing: Rest = { rest: 'missing', restReason: 'its file is gone' };
    expect(goingMissing(row, 'its file is gone', NOW)).toEqual({ rest: missing, ...asEvent(event, missing) });
  });
});

describe('the successor to an auth key', () => {
  it.each([
    ['flood', 'flood', NOW + 60_000],
    ['invalid', 'invalidate', null],
    ['dead', 'die', null],
  ] as const)('of a session that is %s has the same said of it', (state, event, stateUntil) => {
    expect(inherited({ state, stateReason: 'Telegram said so', stateUntil }, NOW)).toEqual({
      event,
      changes: { stateReason: 'Telegram said so', stateUntil },
      entry: { at: NOW, event: state, detail: 'Telegram said so' },
    });
  });

  it('of a session in any other state gets nothing', () => {
    const others = STATES.filter((state) => !['flood', 'invalid', 'dead'].includes(state));
    expect(others).toHaveLength(6);
    for (const state of others) {
      expect(inherited({ state, stateReason: 'why', stateUntil: NOW }, NOW)).toBeNull();
    }
  });
});

it('a file is dead for the reason that its row gives, and for none where the row is not dead', () => {
  expect(deadByFile(DEAD)).toBe('no auth key');
  for (const rest of [FREE, DUPLICATE, INACTIVE, MISSING]) expect(deadByFile(rest)).toBeNull();
});
