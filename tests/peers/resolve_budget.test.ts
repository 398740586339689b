import { describe, expect, it } from '@jest/globals';
import { DAY_MS } from '../../src/kernel/clock.js';
import { budgetAt, loweredByFlood, resolvesPerDay, whenLeft } from '../../src/peers/resolve_budget.js';

const NOW = 100 * DAY_MS;

describe('the resolves that a session may make within 24 hours', () => {
  it('are the setting until a flood', () => {
    expect(resolvesPerDay(150, null, NOW)).toBe(150);
  });

  it('grow back by a tenth of the setting a day, and never exceed it', () => {
    const lowered = { to: 60, at: NOW };
    const after = (days: number) => resolvesPerDay(150, lowered, NOW + days * DAY_MS);
    expect([0, 0.99, 1, 2.5, 6, 400].map(after)).toEqual([60, 60, 75, 90, 150, 150]);
    expect(resolvesPerDay(150, lowered, NOW - 5 * DAY_MS)).toBe(60);
    expect(resolvesPerDay(50, lowered, NOW)).toBe(50);
    expect(resolvesPerDay(3, { to: 0, at: NOW }, NOW + DAY_MS)).toBe(1);
  });
});

describe('a flood', () => {
  it.each([
    [120, 108],
    [2, 1],
    [1, 0],
  ])('after %i resolves lowers the budget to %i', (used, to) => {
    expect(loweredByFlood(used, 66_230, null, NOW)).toEqual({ to, at: NOW });
  });

  it('teaches nothing if it is short, or nothing was resolved', () => {
    expect(loweredByFlood(50, 59, null, NOW)).toBeNull();
    expect(loweredByFlood(50, 60, null, NOW)).not.toBeNull();
    expect(loweredByFlood(0, 66_230, null, NOW)).toBeNull();
  });

  it('does not raise within a day what another has lowered', () => {
    expect(loweredByFlood(100, 3600, { to: 40, at: NOW - DAY_MS + 1 }, NOW)).toEqual({ to: 40, at: NOW });
    expect(loweredByFlood(100, 3600, { to: 40, at: NOW - DAY_MS }, NOW)).toEqual({ to: 90, at: NOW });
    expect(loweredByFlood(20, 3600, { to: 40, at: NOW }, NOW)).toEqual({ to: 18, at: NOW });
  });
});

describe('what is left', () => {
  const times = [NOW - DAY_MS, NOW - DAY_MS + 1, NOW - 5, NOW];

  it('is what was not used within exactly 24 hours', () => {
    expect(budgetAt({ setting: 5, lowered: null, times }, NOW)).toEqual({ perDay: 5, used: 3, left: 2 });
    expect(budgetAt({ setting: 2, lowered: null, times }, NOW)).toEqual({ perDay: 2, used: 3, left: 0 });
    expect(budgetAt({ setting: 5, lowered: null, times: [] }, NOW)).toEqual({ perDay: 5, used: 0, left: 5 });
  });

  it('suffices at once, or when enough are a day old', () => {
    const use = { setting: 3, lowered: null, times: times.slice(1) };
    expect(whenLeft({ ...use, setting: 5 }, 2, NOW)).toBe(NOW);
    expect(whenLeft(use, 1, NOW)).toBe(NOW + 1);
    expect(whenLeft(use, 2, NOW)).toBe(NOW - 5 + DAY_MS);
    expect(whenLeft(use, 3, NOW)).toBe(NOW + DAY_MS);
    expect(whenLeft(use, 4, NOW)).toBeNull();
  });

  it('suffices when a lowered budget has grown', () => {
    const lowered = { to: 0, at: NOW - DAY_MS / 2 };
    expect(whenLeft({ setting: 10, lowered, times: [] }, 1, NOW)).toBe(NOW + DAY_MS / 2);
    expect(whenLeft({ setting: 10, lowered, times: [] }, 10, NOW)).toBe(NOW + 9.5 * DAY_MS);
  });
});
