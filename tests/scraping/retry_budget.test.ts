import { describe, expect, it } from '@jest/globals';
import { RetryBudget, TARGET_RETRIES, TELEGRAM_RETRIES } from '../../src/scraping/retry_budget.js';

function pauses(retryBudget: RetryBudget, reached: number, count: number): (number | null)[] {
  return Array.from({ length: count }, () => retryBudget.pauseAfterFailure(reached));
}

describe('a target that fails', () => {
  it('is tried again after pauses that double, and given up after the twentieth time', () => {
    const waited = pauses(new RetryBudget(TARGET_RETRIES), 100, 20);
    expect(waited.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]);
    expect(waited.slice(18)).toEqual([32_000, null]);
  });

  it('is never given up while something is stored from one failure to the next', () => {
    const retryBudget = new RetryBudget(TARGET_RETRIES);
    for (let reached = 0; reached < 100; reached += 1) {
      expect(retryBudget.pauseAfterFailure(reached)).toBe(1000);
    }
    expect(pauses(retryBudget, 100, 20)).toContain(null);
  });
});

describe('Telegram that fails', () => {
  it('is tried again after pauses that double, and given up after the sixth time', () => {
    const retryBudget = new RetryBudget(TELEGRAM_RETRIES);
    expect(pauses(retryBudget, 100, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(retryBudget.isExhausted).toBe(false);
    expect(retryBudget.pauseAfterFailure(100)).toBeNull();
    expect(retryBudget.isExhausted).toBe(true);
  });

  it('is no failing Telegram any more once the run got further', () => {
    const retryBudget = new RetryBudget(TELEGRAM_RETRIES);
    pauses(retryBudget, 100, 5);
    expect(retryBudget.pauseAfterFailure(101)).toBe(1000);
    expect(retryBudget.isExhausted).toBe(false);
  });
});
