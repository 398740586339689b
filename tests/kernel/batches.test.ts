import { describe, expect, it } from '@jest/globals';
import { batchesOf, inBatches } from '../../src/kernel/batches.js';

describe('items in batches', () => {
  it('come in order, so many at a time, and the rest at last', () => {
    expect([...batchesOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
    expect([...batchesOf([], 2)]).toEqual([]);
  });
});

describe('work in batches', () => {
  it.each([
    [0, [0]],
    [2, [2]],
    [3, [3, 0]],
    [7, [3, 3, 1]],
  ])('of %i things, three at a time, is done when fewer are left', async (things, batches) => {
    let left = things;
    const done: number[] = [];
    const all = await inBatches(3, async (size) => {
      const some = Math.min(left, size);
      left -= some;
      done.push(some);
      return some;
    });
    expect([all, done]).toEqual([things, batches]);
  });

  it('ends with what a batch throws', async () => {
    await expect(inBatches(3, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  });
});
