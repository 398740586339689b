/** The run is another replica's by now, or gone with its source: what was not recorded is not for this one to do. */
export class RunLost extends Error {
  override readonly name = 'RunLost';

  constructor(runId: number) {
    super(`run ${runId} is another replica's, or gone`);
  }
}
