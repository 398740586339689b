import { describe, expect, it } from '@jest/globals';
import { OF_TARGETS, OF_TELEGRAM, Setbacks } from '../../src/scraping/setbacks.js';

function pauses(setbacks: Setbacks, reached: number, count: number): (number | null)[] {
  return Array.from({ length: count }, () => setbacks.after(reached));
}

describe('a target that fails', () => {
  it('is tried again after pauses that double, and given up after the twentieth time', () => {
    const waited = pauses(new Setbacks(OF_TARGETS), 100, 20);
    expect(waited.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]);
    expect(waited.slice(18)).toEqual([32_000, null]);
  });

  it('is never given up while something is stored from one failure to the next', () => {
    const setbacks = new Setbacks(OF_TARGETS);
    for (let reached = 0; reached < 100; reached += 1) {
      expect(setbacks.after(reached)).toBe(1000);
    }
    expect(pauses(setbacks, 100, 20)).toContain(null);
  });
});

describe('Telegram that fails', () => {
  it('is tried again after pauses that double, and given up after the sixth time', () => {
    const setbacks = new Setbacks(OF_TELEGRAM);
    expect(pauses(setbacks, 100, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(setbacks.areTooMany).toBe(false);
    expect(setbacks.after(100)).toBeNull();
    expect(setbacks.areTooMany).toBe(true);
  });

  it('is no failing Telegram any more once the run got further', () => {
    const setbacks = new Setbacks(OF_TELEGRAM);
    pauses(setbacks, 100, 5);
    expect(setbacks.after(101)).toBe(1000);
    expect(setbacks.areTooMany).toBe(false);
  });
});
