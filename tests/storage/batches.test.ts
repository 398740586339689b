import { describe, expect, it } from '@jest/globals';
import { Batches } from '../../src/storage/postgres/acquisition.js';

/** Batches that the test completes; `under` are those in progress. */
function held(lanes: number, mostAtOnce = 4) {
  const under: { items: readonly number[]; end(): void; fail(): void }[] = [];
  const batches = new Batches<number, number>({
    lanes,
    take: (waiting) => Math.min(waiting, mostAtOnce),
    carryOut: (items) =>
      new Promise((resolve, reject) => {
        const end = () => resolve(items.map((item) => item * 10));
        under.push({ items, end, fail: () => reject(new Error('lost')) });
      }),
  });
  return { batches, under, items: () => under.map(({ items }) => items) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('calls that share a statement', () => {
  it('run at once while there are free lanes, and together when there are none', async () => {
    const { batches, under, items } = held(2);
    const results = Promise.all([1, 2, 3, 4, 5, 6, 7].map((item) => batches.add('all', item)));
    expect(items()).toEqual([[1], [2]]);
    under[1]?.end();
    await turn();
    expect(items()).toEqual([[1], [2], [3, 4, 5, 6]]);
    under[0]?.end();
    await turn();
    expect(items().at(-1)).toEqual([7]);
    for (const { end } of under) end();
    expect(await results).toEqual([10, 20, 30, 40, 50, 60, 70]);
  });

  it('do not wait for those with another key', () => {
    const { batches, items } = held(1);
    for (const key of ['a', 'b']) void batches.add(key, 1);
    expect(items()).toEqual([[1], [1]]);
  });

  it('fail together, and those after them continue', async () => {
    const { batches, under } = held(1);
    const first = batches.add('all', 1);
    const lost = Promise.allSettled([batches.add('all', 2), batches.add('all', 3)]);
    under[0]?.end();
    expect(await first).toBe(10);
    await turn();
    under[1]?.fail();
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = batches.add('all', 4);
    under[2]?.end();
    expect(await next).toBe(40);
  });
});
