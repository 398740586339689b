/** Carries out the runs that are queued. It takes them from the store by itself. */
export interface Engine {
  /** A run was queued: looks for it at once rather than at the next round. */
  wake(): void;
  /** The run is to end, as its row says already, or its source is gone: stops it if it is carried out here. */
  cancel(runId: number): void;
}
