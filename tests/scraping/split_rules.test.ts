import { describe, expect, it } from '@jest/globals';
import { marksOf, needsOf } from '../../src/cluster/waiting.js';
import type { PoolDemand } from '../../src/pool/service.js';
import { NO_FORM } from '../../src/runs/rules.js';
import { Ranges } from '../../src/scraping/split/ranges.js';
import {
  extraSessionsAllowed,
  isWanted,
  isWorthSplitting,
  MAX_READERS,
  maxReaders,
  READ_AHEAD,
  rangeSize,
  type SessionsPerRun,
  toGiveBack,
} from '../../src/scraping/split/rules.js';

describe('the ranges of a history', () => {
  it('are handed out oldest first, and cover all of it once', () => {
    const ranges = new Ranges({ after: 150, upTo: 400 }, 100);
    expect(ranges.count).toBe(3);
    expect([ranges.take(), ranges.take(), ranges.take(), ranges.take()]).toEqual([
      { after: 150, upTo: 250 },
      { after: 250, upTo: 350 },
      { after: 350, upTo: 400 },
      null,
    ]);
    expect(ranges).toMatchObject({ count: 0, first: null });
  });

  it('come again before newer ones where they were given back', () => {
    const ranges = new Ranges({ after: 0, upTo: 400 }, 100);
    const [one, two] = [ranges.take(), ranges.take()];
    ranges.giveBack({ after: 170, upTo: two?.upTo ?? 0 });
    ranges.giveBack({ after: 30, upTo: one?.upTo ?? 0 });
    expect(ranges).toMatchObject({ count: 4, first: 30 });
    const again = [ranges.take(), ranges.take(), ranges.take()].map((range) => range?.after);
    expect(again).toEqual([30, 170, 200]);
  });

  it('do not come again where all of them was read', () => {
    const ranges = new Ranges({ after: 0, upTo: 100 }, 100);
    ranges.take();
    ranges.giveBack({ after: 100, upTo: 100 });
    expect(ranges).toMatchObject({ count: 0, first: null });
  });
});

describe('the size of a range', () => {
  it.each<[number, SessionsPerRun, number]>([
    [200_000, 2, 1_000],
    [200_000, 8, 1_000],
    [200_000, 16, 500],
    [200_000, 32, 200],
    [200_000, 'auto', 200],
    [6_600, 8, 400],
    [5_000, 'auto', 100],
  ])(
    'of %i ids for %s sessions is %i: two for each, and they fit into what is read ahead',
    (ids, sessions, size) => {
      expect(rangeSize(ids, sessions)).toBe(size);
      expect(2 * maxReaders(sessions) * size).toBeLessThanOrEqual(READ_AHEAD.messages);
    },
  );

  it('never makes a run read with more sessions than is useful', () => {
    expect(maxReaders(1_000)).toBe(MAX_READERS);
  });
});

describe('a history', () => {
  it('is worth several sessions from 5,000 messages on', () => {
    expect(isWorthSplitting(5_000, NO_FORM, 0)).toBe(true);
    expect(isWorthSplitting(4_999, NO_FORM, 0)).toBe(false);
  });

  it('is not where the run may read fewer', () => {
    expect(isWorthSplitting(90_000, { ...NO_FORM, limit: 5_000 }, 0)).toBe(true);
    expect(isWorthSplitting(90_000, { ...NO_FORM, limit: 5_000 }, 1)).toBe(false);
  });
});

const ANY = { needs: [], count: 1 };

/** A session with these tags, of the sessions that a run holds. */
const held = (sessionId: number, ...tags: string[]) => ({
  sessionId,
  marks: marksOf({ sessionId, sessionName: `s${sessionId}`, tags }, false),
});

/** Requests for any session with the tags. */
const forTags = (count: number, ...tags: string[]) => ({
  needs: needsOf({ tags, sessionId: null, sessionName: null }),
  count,
});

/** What a run gives back of eight sessions without tags, the first of which it got first. */
function givenBack(demand: PoolDemand, sessions: SessionsPerRun): number[] {
  const eight = Array.from({ length: 8 }, (_, at) => held(at + 1));
  return toGiveBack(eight, demand, sessions).map(({ sessionId }) => sessionId);
}

describe('the sessions that a run takes beside its own', () => {
  it('are those that are free, while nobody waits', () => {
    expect(extraSessionsAllowed({ waiting: [], free: 3, leased: 5 }, 8)).toBe(3);
    expect(extraSessionsAllowed({ waiting: [ANY], free: 3, leased: 5 }, 8)).toBe(0);
  });

  it('may be taken while others wait only for certain ones, but for these', () => {
    const demand = { waiting: [forTags(1, 'de')], free: 3, leased: 5 };
    expect(extraSessionsAllowed(demand, 8)).toBe(3);
    expect(isWanted(held(1), demand)).toBe(false);
    expect(isWanted(held(1, 'de', 'new'), demand)).toBe(true);
  });

  it.each([
    [8, 1, 6],
    [9, 3, 6],
    [1, 1, 0],
    [2, 1, 1],
    [0, 4, 0],
  ])(
    'leave a quarter to others with auto, at least one: of %i free ones, %i leased, %i',
    (free, leased, some) => {
      expect(extraSessionsAllowed({ waiting: [], free, leased }, 'auto')).toBe(some);
    },
  );

  it('are given back as soon as others wait, one for each, the last ones first', () => {
    expect(givenBack({ waiting: [], free: 0, leased: 8 }, 8)).toEqual([]);
    expect(givenBack({ waiting: [{ needs: [], count: 3 }], free: 0, leased: 8 }, 8)).toEqual([8, 7, 6]);
  });

  it('are given back with auto where too few are free', () => {
    expect(givenBack({ waiting: [], free: 0, leased: 8 }, 'auto')).toEqual([8, 7]);
    expect(givenBack({ waiting: [], free: 2, leased: 6 }, 'auto')).toEqual([]);
    expect(givenBack({ waiting: [{ needs: [], count: 5 }], free: 1, leased: 7 }, 'auto')).toHaveLength(5);
  });

  it('are not given back for those to whom they are of no use', () => {
    const demand = { waiting: [forTags(2, 'de'), forTags(1, 'fr')], free: 0, leased: 4 };
    const sessions = [held(1, 'de'), held(2), held(3, 'de', 'new'), held(4, 'it')];
    expect(toGiveBack(sessions, demand, 8).map(({ sessionId }) => sessionId)).toEqual([3, 1]);
  });

  it('are given first to those who can use the fewest', () => {
    const demand = { waiting: [ANY, forTags(1, 'de', 'new'), forTags(1, 'de')], free: 0, leased: 3 };
    const sessions = [held(1), held(2, 'de', 'new'), held(3, 'de')];
    expect(toGiveBack(sessions, demand, 8).map(({ sessionId }) => sessionId)).toEqual([2, 3, 1]);
  });
});
