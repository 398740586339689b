/** A part of a list: at most `limit` of its items, after the first `skip`. */
export interface Page {
  readonly skip: number;
  readonly limit: number;
}

/** How a list is sorted; items with the same value are in that order of their ids. */
export interface Order<Name extends string> {
  readonly by: Name;
  readonly descending: boolean;
}

/**
 * All rows of a long list, read in pages of `size` in the order of their keys: `read` gives at most so many after a key.
 * What changes behind the reader is not seen; what changes ahead of it is.
 */
export async function* pagesByKey<Row>(
  read: (afterKey: number, size: number) => Promise<readonly Row[]>,
  keyOf: (row: Row) => number,
  size: number,
): AsyncGenerator<readonly Row[]> {
  for (let after = 0; ; ) {
    const rows = await read(after, size);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    if (rows.length < size) return;
    after = keyOf(last);
  }
}
