import { describe, expect, it } from '@jest/globals';
import { byNeeds, marksOf, needsOf } from '../../src/cluster/waiting.js';

const SESSION = { sessionId: 7, sessionName: 'anna', tags: ['de', 'new'] };

/** Whether the session has all that a request needs. */
function isOfUse(asked: { tags?: string[]; sessionId?: number; sessionName?: string }): boolean {
  const needs = needsOf({ tags: [], sessionId: null, sessionName: null, ...asked });
  return needs.every((need) => marksOf(SESSION, false).has(need));
}

describe('a session is of use to a request that waits', () => {
  it.each([
    [{}, true],
    [{ tags: ['new'] }, true],
    [{ tags: ['new', 'de'] }, true],
    [{ tags: ['new', 'fr'] }, false],
    [{ sessionId: 7 }, true],
    [{ sessionId: 8 }, false],
    [{ sessionName: 'anna' }, true],
    [{ sessionName: 'de' }, false],
    [{ sessionId: 7, tags: ['7'] }, false],
  ])('if it has what that asks for: %j: %s', (asked, isSo) => {
    expect(isOfUse(asked)).toBe(isSo);
  });
});

describe('a session is of use to a request that no free one may resolve the channels of', () => {
  it('if it has resolves left, and all else that is asked for', () => {
    const needs = (...tags: string[]) => needsOf({ tags, sessionId: null, sessionName: null }, true);
    const isOfUse = (asked: readonly string[], mayResolve: boolean) =>
      asked.every((need) => marksOf(SESSION, mayResolve).has(need));
    expect([isOfUse(needs(), true), isOfUse(needs(), false)]).toEqual([true, false]);
    expect([isOfUse(needs('new'), true), isOfUse(needs('fr'), true)]).toEqual([true, false]);
    // Of many needs, this one is told.
    expect(isOfUse(needs('de', 'new', 'x', 'y'), false)).toBe(false);
  });
});

describe('requests that wait', () => {
  const forTag = (tag: string) => needsOf({ tags: [tag], sessionId: null, sessionName: null });

  it('are told by what they need, whatever the order of their tags', () => {
    const asked = [['a', 'b'], ['b', 'a'], ['a']].map((tags) =>
      needsOf({ tags, sessionId: null, sessionName: null }),
    );
    const counted = byNeeds(asked.map((needs) => ({ needs, count: 1 })));
    expect(counted.map(({ needs, count }) => [needs.length, count])).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  it('are told of as if they could use any session, where they need too many different ones', () => {
    const tags = Array.from({ length: 60 }, (_, at) => `t${at}`);
    const told = byNeeds(tags.map((tag) => ({ needs: forTag(tag), count: 2 })));
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(120);
    expect(told.find(({ needs }) => needs.length === 0)).toEqual({ needs: [], count: 40 });
    // A message between replicas has 7,000 bytes, also for other things.
    expect(JSON.stringify(told).length).toBeLessThan(2_500);
  });
});
