import { expect, it } from '@jest/globals';
import { pagesByKey } from '../../src/kernel/page.js';

/** A list of the keys given, and what was asked of it. */
function listOf(keys: readonly number[]) {
  const asked: number[] = [];
  const read = async (after: number, size: number) => {
    asked.push(after);
    return keys.filter((key) => key > after).slice(0, size);
  };
  const pages = async (size: number) => {
    const found: (readonly number[])[] = [];
    for await (const page of pagesByKey(read, (key) => key, size)) found.push(page);
    return found;
  };
  return { asked, pages };
}

it('reads a long list page by page, each after the last key of the one before', async () => {
  const { pages, asked } = listOf([2, 3, 5, 7, 11]);
  expect(await pages(2)).toEqual([[2, 3], [5, 7], [11]]);
  expect(asked).toEqual([0, 3, 7]);
});

it('gives no page of an empty list, nor one after a list that fills its pages', async () => {
  expect(await listOf([]).pages(2)).toEqual([]);
  const full = listOf([1, 2]);
  expect(await full.pages(2)).toEqual([[1, 2]]);
  expect(full.asked).toEqual([0, 2]);
});
