import type { Finding } from './finding.js';
import type { Workplace } from './workplace.js';

/** How much is done. */
export interface Sizes {
  /** Leases that each variant of `exclusive` must reach. */
  readonly leases: number;
  readonly workers: number;
  /** Which parts of `scraping`, and which roles of `malformed`, are measured; empty: all. */
  readonly ways: readonly string[];
  /** The URL of a PostgreSQL server: `scraping` and `older` run on it as well, `malformed` instead; null: none does. */
  readonly database: string | null;
}

/** One question that is answered by measuring. */
export interface Benchmark {
  readonly name: string;
  /** It is given up after so many minutes. */
  minutes(sizes: Sizes): number;
  /** `open` makes a fresh place to work in; all of them are cleared away afterwards. */
  run(open: () => Promise<Workplace>, sizes: Sizes): Promise<Finding[]>;
}
