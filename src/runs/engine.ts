import type { Run } from './store.js';

/** Executes the runs that are queued, which it takes from the store by itself. */
export interface Engine {
  /** A run was queued: looks for it at once rather than at the next poll. */
  wake(): void;
  /** A run was cancelled in the store, or its source is gone: aborts it if it is executed here. */
  cancel(runId: number): void;
}

/** A run that an owner has taken. */
export type OwnedRun = Run & { readonly owner: string };

/** How the execution of a run ended. */
export type RunOutcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'deferred'; readonly error: string; readonly notBefore: number };

/** Executes a run from its checkpoint on. Rejects with the signal's reason once that is aborted. */
export type ExecuteRun = (run: OwnedRun, signal: AbortSignal) => Promise<RunOutcome>;

/** Another replica has the run by now, or it is gone with its source: nothing more of it may be recorded here. */
export class RunLost extends Error {
  override readonly name = 'RunLost';

  constructor(runId: number) {
    super(`run ${runId} was taken over by another replica, or is gone`);
  }
}

/** Why a run is aborted: somebody cancelled it. */
export class RunCancelled extends Error {
  override readonly name = 'RunCancelled';
}

/** Why a run is aborted: the service stops. */
export class ServiceStopping extends Error {
  override readonly name = 'ServiceStopping';
}

/** The lease of the session that a run reads with ended: whatever was begun with it is aborted. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}
