import type { Finding } from './finding.js';
import type { Workplace } from './workplace.js';

/** The amount of work. */
export interface Sizes {
  /** The number of leases in each variant of `exclusive`. */
  readonly leases: number;
  readonly workers: number;
  /**
   * Which parts of `scraping`, `prefect`, `clients`, `console` and `fence`, and which roles of `malformed`, are
   * measured; empty: the usual ones.
   */
  readonly ways: readonly string[];
  /** How much of their full work `prefect`, `clients`, `client`, `fence` and `python` do: 1, or less for a quick look. */
  readonly share: number;
  /**
   * The URL of a PostgreSQL server: `scraping` and `older` run on it as well, `malformed` and `console` instead; null:
   * none.
   */
  readonly database: string | null;
}

/** One benchmark. */
export interface Benchmark {
  readonly name: string;
  /** It is aborted after this many minutes. */
  minutes(sizes: Sizes): number;
  /** `open` creates a fresh workplace; all of them are removed afterwards. */
  run(open: () => Promise<Workplace>, sizes: Sizes): Promise<Finding[]>;
}
