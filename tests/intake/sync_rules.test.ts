import { describe, expect, it } from '@jest/globals';
import type { Inspection } from '../../src/intake/formats/inspect.js';
import {
  applyCheck,
  isSettled,
  isUnchanged,
  loneJsonOf,
  loneJsonRefusal,
  type RemovalFacts,
  removalRefusal,
} from '../../src/intake/sync_rules.js';

describe('a file that is read', () => {
  const stamp = { size: 1, mtimeMs: 2, ctimeMs: 3 };

  it('is the same as long as size and times are', () => {
    expect(isUnchanged(stamp, { ...stamp })).toBe(true);
    for (const change of [{ size: 9 }, { mtimeMs: 9 }, { ctimeMs: 9 }])
      expect(isUnchanged(stamp, { ...stamp, ...change })).toBe(false);
  });

  it.each([
    ['with an auth key', 'key', 'a.session', true, true],
    ['without an auth key', null, 'a.session', false, true],
    ['without an auth key, being written,', null, 'a.session', true, false],
    ['that has only JSON', null, null, true, true],
  ])('%s (%s in %s; being written: %s) is settled: %s', (_, authKeySha256, file, written, settled) => {
    expect(isSettled({ authKeySha256 }, file, () => written)).toBe(settled);
  });

  it('is only asked whether it is being written when that decides', () => {
    const unasked = () => {
      throw new Error('asked');
    };
    expect(isSettled({ authKeySha256: 'key' }, 'a.session', unasked)).toBe(true);
    expect(isSettled({ authKeySha256: null }, null, unasked)).toBe(true);
  });
});

describe('SESSION_CHECK', () => {
  const inspection: Inspection = {
    ...{ format: 'unknown', dead: null, authKeySha256: null, dcId: null },
    ...{ userId: null, phoneNumber: null, apiId: null, remembersChannels: false },
  };

  it('strict takes a file without an auth key for dead, and leaves all others as they are', () => {
    const dead = 'not a recognised session file (SESSION_CHECK=strict)';
    expect(applyCheck(inspection, 'strict')).toEqual({ ...inspection, dead });
    for (const change of [{ authKeySha256: 'key' }, { dead: 'no auth key' }]) {
      const other = { ...inspection, ...change };
      expect(applyCheck(other, 'strict')).toBe(other);
    }
  });

  it('lenient leaves everything as it is', () => {
    expect(applyCheck(inspection, 'lenient')).toBe(inspection);
  });
});

describe('a JSON file on its own', () => {
  const string = { format: 'telethon', credentials: {} } as never;
  const invalid = { refused: 'not valid JSON', mayBeTorn: true };
  const other = { refused: 'no session: no session string in the JSON file', mayBeTorn: false };

  it.each([
    ['a session string', { string, unreadString: false }, 'session'],
    ['a string of an unknown kind', { string: null, unreadString: true }, 'session'],
    ['no string', { string: null, unreadString: false }, other],
    ['no JSON', null, invalid],
  ])('with %s', (_, content, verdict) => {
    expect(loneJsonOf(content)).toEqual(verdict);
  });

  it.each([
    ['a session', 'session', false, null],
    ['a known session', 'session', true, null],
    ['no valid JSON', invalid, false, 'not valid JSON'],
    ['no valid JSON, of a known session', invalid, true, null],
    ['no session', other, false, other.refused],
    ['no session, of a known one', other, true, other.refused],
  ] as const)('that is %s', (_, verdict, isKnown, refusal) => {
    expect(loneJsonRefusal(verdict, isKnown)).toBe(refusal);
  });
});

describe('so many files that are gone', () => {
  const facts = (known: number, gone: number, changes: Partial<RemovalFacts> = {}): RemovalFacts => ({
    ...{ known, gone, found: known - gone, device: '1', lastDevice: '1' },
    ...changes,
  });
  const moved = { lastDevice: '2' };

  it.each<[RemovalFacts, boolean]>([
    [facts(0, 0), true],
    [facts(9, 9), true],
    [facts(10, 5), true],
    [facts(10, 6), false],
    [facts(20, 20), false],
    [facts(20, 20, { lastDevice: null }), false],
    [facts(9, 9, { lastDevice: null }), true],
    [facts(10, 0, moved), true],
    [facts(3, 1, moved), false],
    [facts(100, 1, moved), false],
  ])('%j may be removed: %s', (given, may) => {
    expect(removalRefusal(given) === null).toBe(may);
  });

  it('are refused with what was found, and how to remove them all the same', () => {
    const refusal = removalRefusal(facts(12, 8));
    expect(refusal?.detail).toEqual({
      error: 'mass_removal_guard',
      message:
        'the files of 8 of 12 sessions are gone at once. Is the disk mounted? force=true removes them anyway',
      would_remove: 8,
      known: 12,
    });
    expect(refusal?.device).toBe('1');
    expect(removalRefusal(facts(12, 8, moved))?.message).toBe(
      'SESSIONS_DIR is on another device than at the last sync. Is its disk mounted? force=true removes them anyway',
    );
  });

  it.each<[string, RemovalFacts, boolean]>([
    ['nothing is left', facts(12, 12), true],
    ['some are left', facts(12, 8), false],
    ['only others are there', facts(12, 12, { found: 3 }), false],
    ['half are left on another device', facts(12, 6, moved), false],
    ['fewer than half are left on another device', facts(12, 7, moved), true],
    ['nothing is left on another device', facts(1, 1, { ...moved, found: 0 }), true],
  ])('seem as if the directory were lost when %s: %j (%s)', (_, given, lost) => {
    expect(removalRefusal(given)?.looksLost).toBe(lost);
  });
});
