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
