/** How often TeleGate looks for what it is not told of, in milliseconds. */
export interface PrefectPace {
  /** All deployments are compared with their sources. */
  readonly deploymentsMs: number;
  /** Whether a deployment can be deleted whose runs have to end before. */
  readonly removalMs: number;
  /** Workers ask for runs that are due. */
  readonly pollMs: number;
  /** The database is asked for what Prefect does not know yet. */
  readonly reportMs: number;
  /** The runs under way are compared with Prefect. */
  readonly runsMs: number;
  /** Workers ask again after Prefect did not answer. */
  readonly pollAgainMs: number;
  /** Reports are tried again after Prefect did not answer, or the database. */
  readonly reportAgainMs: number;
}

/** Soon enough for people, and a small load for Prefect. */
export const usualPace: PrefectPace = {
  deploymentsMs: 10_000,
  removalMs: 2_000,
  pollMs: 2_000,
  reportMs: 1_000,
  runsMs: 5_000,
  pollAgainMs: 5_000,
  reportAgainMs: 3_000,
};
