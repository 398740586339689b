/** The items, `size` at a time, so that each batch fits into one transaction. */
export function* batchesOf<Item>(items: readonly Item[], size: number): Generator<Item[], void> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/**
 * Repeats `work`, a transaction that does at most `size` of something and resolves to how many, until fewer are left:
 * nothing else has to wait long for the database. Resolves to how many there were.
 */
export async function inBatches(size: number, work: (size: number) => Promise<number>): Promise<number> {
  for (let all = 0; ; ) {
    const some = await work(size);
    all += some;
    if (some < size) return all;
  }
}
