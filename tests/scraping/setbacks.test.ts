import { describe, expect, it } from '@jest/globals';
import { Setbacks } from '../../src/scraping/setbacks.js';

function pauses(setbacks: Setbacks, lastMessageId: number, count: number): (number | null)[] {
  return Array.from({ length: count }, () => setbacks.after(lastMessageId));
}

describe('a target that fails', () => {
  it('is tried again after pauses that double, and given up after the twentieth time', () => {
    const waited = pauses(new Setbacks(), 100, 20);
    expect(waited.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]);
    expect(waited.slice(18)).toEqual([32_000, null]);
  });

  it('is never given up while something is stored from one failure to the next', () => {
    const setbacks = new Setbacks();
    for (let reached = 0; reached < 100; reached += 1) {
      expect(setbacks.after(reached)).toBe(1000);
    }
    expect(pauses(setbacks, 100, 20)).toContain(null);
  });
});
