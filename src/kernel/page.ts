/** A part of a list: at most `limit` of its items, after the first `skip`. */
export interface Page {
  readonly skip: number;
  readonly limit: number;
}
