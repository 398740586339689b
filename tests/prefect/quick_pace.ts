import type { PrefectPace } from '../../src/prefect/pace.js';

/** So that no test waits long, and Prefect's server is not busy with being asked. */
export const quickPace: PrefectPace = {
  deploymentsMs: 2_000,
  removalMs: 250,
  pollMs: 400,
  reportMs: 200,
  runsMs: 800,
  pollAgainMs: 400,
  reportAgainMs: 400,
};
