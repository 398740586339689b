import type { Run } from './store.js';

/** Carries out the runs that are queued. It takes them from the store by itself. */
export interface Engine {
  /** A run was queued: looks for it at once rather than at the next round. */
  wake(): void;
  /** The run is to end, as its row says already, or its source is gone: stops it if it is carried out here. */
  cancel(runId: number): void;
}

/** A run that was taken. */
export type OwnRun = Run & { readonly owner: string };

/** How a run came to its end here. `lost`: it is another replica's by now. */
export type RunOutcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'deferred'; readonly error: string; readonly notBefore: number };

/** Carries a run out from where it stands. Rejects with the signal's reason once that is aborted. */
export type CarryOut = (run: OwnRun, signal: AbortSignal) => Promise<RunOutcome>;
