import { describe, expect, it } from '@jest/globals';
import { afterUse, allowedUses, dayOf, startOfDay, usesOn, withoutUse } from '../../src/pool/uses.js';

const NOON = Date.UTC(2025, 2, 1, 12);
const DAY = 86_400_000;
const limit = (maxUsesPerDay: number, rampDays = 0) => ({ tag: 'x', maxUsesPerDay, rampDays });
const unused = { usesDay: 0, usesToday: 0, usedUpUntil: null, createdAt: NOON };

describe('the uses that a session is allowed in a day', () => {
  it('are as many as its limit, and without one any number', () => {
    expect(allowedUses([], NOON, NOON)).toBeNull();
    expect(allowedUses([limit(7)], NOON, NOON)).toBe(7);
  });

  it.each([
    [1, 14],
    [2, 28],
    [6, 85],
    [7, 100],
    [8, 100],
  ])('grow with a ramp of 7 days: on day %i to %i of 100', (day, allowed) => {
    expect(allowedUses([limit(100, 7)], NOON, NOON + (day - 1) * DAY)).toBe(allowed);
  });

  it('are at least one, and those of the lowest of several limits', () => {
    expect(allowedUses([limit(1, 365)], NOON, NOON)).toBe(1);
    expect(allowedUses([limit(9), limit(4), limit(100, 50)], NOON, NOON)).toBe(2);
    expect(allowedUses([limit(9), limit(4), limit(100, 50)], NOON, NOON + 9 * DAY)).toBe(4);
  });

  it('are those of the first day while the clock is behind the time at which it came', () => {
    expect(allowedUses([limit(10, 2), limit(8)], NOON, NOON - 3 * DAY)).toBe(5);
  });
});

describe('a use', () => {
  it('is counted on its day of UTC', () => {
    const first = afterUse(unused, [], NOON);
    expect(first).toEqual({ usesDay: dayOf(NOON), usesToday: 1, usedUpUntil: null });
    const second = afterUse({ ...unused, ...first }, [], NOON + 1);
    expect(second.usesToday).toBe(2);
    expect(usesOn(second, NOON)).toBe(2);
    const next = startOfDay(dayOf(NOON) + 1);
    expect(usesOn(second, next)).toBe(0);
    expect(afterUse({ ...unused, ...second }, [], next)).toMatchObject({ usesToday: 1 });
  });

  it('that is the last one of the day keeps the session until the next day', () => {
    const first = afterUse(unused, [limit(2)], NOON);
    expect(first.usedUpUntil).toBeNull();
    const last = afterUse({ ...unused, ...first }, [limit(2)], NOON);
    expect(last.usedUpUntil).toBe(Date.UTC(2025, 2, 2));
    const given = { ...last, createdAt: 0 };
    expect(withoutUse(given, [], NOON)).toEqual({ usesDay: dayOf(NOON), usesToday: 1, usedUpUntil: null });
  });
});
