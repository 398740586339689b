import { describe, expect, it } from '@jest/globals';
import { type HealthInputs, healthOf } from '../../src/sessions/health_score.js';

const OLD: HealthInputs = { condition: 'alive', floodSeconds: 0, errors: 0, uses: 0, ageDays: 30 };

describe('the health score', () => {
  it('of an old account that nothing happened to is 100', () => {
    expect(healthOf(OLD)).toEqual({ score: 100, reasons: [] });
  });

  it.each<[Partial<HealthInputs>, number, string]>([
    [{ condition: 'limited' }, 60, 'limited'],
    [{ condition: 'frozen' }, 20, 'frozen'],
    [{ condition: 'dead' }, 0, 'dead'],
    [{ floodSeconds: 3600 }, 97, 'flood_waits'],
    [{ floodSeconds: 1e9 }, 60, 'flood_waits'],
    [{ errors: 1 }, 95, 'errors'],
    [{ errors: 100 }, 75, 'errors'],
    [{ ageDays: 0 }, 85, 'new'],
    [{ ageDays: 20 }, 95, 'new'],
    [{ uses: 7 * 220 }, 99, 'busy'],
    [{ uses: 7 * 10_000 }, 85, 'busy'],
  ])('with %j is %i, because of %s', (inputs, score, reason) => {
    const health = healthOf({ ...OLD, ...inputs });
    expect(health.score).toBe(score);
    expect(health.reasons).toMatchObject([{ reason, points: 100 - score }]);
  });

  it.each([{ floodSeconds: 500 }, { uses: 7 * 205 }])('forgives a little: %j', (inputs) => {
    expect(healthOf({ ...OLD, ...inputs })).toEqual({ score: 100, reasons: [] });
  });

  it('is 100 less the points of all reasons, and never below 0', () => {
    const { score, reasons } = healthOf({ ...OLD, floodSeconds: 7200, errors: 2, ageDays: 10 });
    expect(reasons.map(({ points }) => points)).toEqual([6, 10, 10]);
    expect(score).toBe(74);
    const worst = { condition: 'frozen', floodSeconds: 1e9, errors: 99, uses: 1e9, ageDays: 0 } as const;
    expect(healthOf(worst).score).toBe(0);
  });
});
