import type { Run, RunForm, RunLogEntry, RunReason } from '../runs/store.js';
import type { Source } from '../sources/store.js';

/**
 * The deployment of a source at Prefect. There is one for every source, whether Prefect is used or not, and for each
 * deleted source until Prefect has deleted its deployment.
 */
export interface Deployment {
  readonly sourceId: number;
  /** Its id at Prefect; null: it was not made yet. */
  readonly deploymentId: string | null;
  /** What both sides last agreed on, as canonical JSON: the base of a comparison. Null: nothing yet. */
  readonly synced: string | null;
  /** A schedule that Prefect has and a source can't express, in Prefect's words; null: none. */
  readonly foreignSchedule: string | null;
  /** Grows with each change of the source here; changes that come from Prefect do not count. */
  readonly revision: number;
  /** The revision that Prefect has. Another than `revision`: it is due. */
  readonly syncedRevision: number;
  /** Why the last attempt to synchronise failed; null: it did not. */
  readonly error: string | null;
}

/** A deployment and, unless that is deleted, its source, read at one moment. */
export interface DeploymentOfSource {
  readonly deployment: Deployment;
  readonly source: Source | null;
}

/** What both sides agree on, once Prefect has accepted the source at `revision`. */
export interface SyncedDeployment extends Pick<Deployment, 'foreignSchedule' | 'revision'> {
  readonly deploymentId: string;
  readonly synced: string;
}

/** What was changed in Prefect. Fields left out stay as they are. */
export interface ChangeFromPrefect {
  readonly schedule?: string | null;
  readonly isActive?: boolean;
  readonly foreignSchedule?: string | null;
}

/** A flow run that a worker is about to execute. */
export interface FlowRunClaim {
  readonly sourceId: number;
  readonly flowRunId: string;
  /** The run for which the flow run was created here; null: it was created by Prefect or one of its users. */
  readonly localRunId: number | null;
  /** Why it began, if it is a new run. */
  readonly reason: RunReason;
  readonly form: RunForm;
  /** It is begun again in Prefect, although its run has ended and Prefect knew that. */
  readonly isRetry: boolean;
  /** A name never used before for another claim. */
  readonly owner: string;
  /** Until when the claim holds unless it is renewed. */
  readonly until: number;
}

export type ClaimOutcome =
  /** The run is the claimant's: it executes it. */
  | { readonly kind: 'taken'; readonly run: Run }
  /** Someone else executes this very flow run. */
  | { readonly kind: 'owned'; readonly run: Run }
  /** The source has another run under way; this flow run gets none. */
  | { readonly kind: 'other'; readonly runId: number }
  /** This flow run has ended here already. */
  | { readonly kind: 'ended'; readonly run: Run }
  | { readonly kind: 'unknown_source' };

/** A queued run that Prefect does not know yet. */
export interface RunToSubmit {
  readonly run: Run;
  readonly deploymentId: string;
}

/** A run that Prefect knows. */
export type FlowRun = Run & { readonly flowRunId: string };

/** How much Prefect has not been told yet. */
export interface PrefectOutbox {
  /** Those whose latest revision Prefect does not have. */
  readonly deployments: number;
  /** Flow runs whose present state Prefect does not know. */
  readonly states: number;
  /** Flow runs with log entries that Prefect lacks. */
  readonly logs: number;
}

/** An entry of a run's log, with its id. */
export interface NumberedLogEntry extends RunLogEntry {
  readonly id: number;
}

/**
 * What the service and Prefect have to tell each other. Each call is one transaction. What is due stays so until it
 * is recorded as done: whoever dies in between, another process continues from here. Lists are in the order of the ids
 * that they are continued by, after the one given (0: from the beginning), and have at most `limit` entries.
 */
export interface PrefectStore {
  /** Those whose latest revision Prefect does not have. */
  dueDeployments(afterSourceId: number, limit: number): Promise<DeploymentOfSource[]>;
  /** All, those of deleted sources too. */
  deployments(afterSourceId: number, limit: number): Promise<DeploymentOfSource[]>;
  /** The deployments of these sources. */
  deploymentsOf(sourceIds: readonly number[]): Promise<Deployment[]>;
  /**
   * Prefect has accepted the source as of `revision`. If it was changed since, it stays due, and `foreignSchedule` is
   * not saved: the change may have replaced it.
   */
  saveSynced(sourceId: number, synced: SyncedDeployment): Promise<void>;
  /** An attempt to synchronise failed: why. */
  saveError(sourceId: number, error: string): Promise<void>;
  /** Prefect has no deployment of a deleted source any more. Does nothing while the source exists. */
  forget(sourceId: number): Promise<void>;
  /**
   * Changes a source as it was changed in Prefect, and saves what both sides agree on now. Does not count as a
   * revision. False: the source was changed here since `revision`, or is gone: nothing was changed.
   */
  applyFromPrefect(
    sourceId: number,
    revision: number,
    change: ChangeFromPrefect,
    synced: string,
    now: number,
  ): Promise<boolean>;

  /**
   * Decides who executes a flow run, and records it: a repeated claim by the same owner has the same outcome. A run
   * that is queued here is adopted by the first flow run that asks the same of it. A retry gets a new run, and the
   * one that has ended belongs to no flow run any more.
   */
  claimFlowRun(claim: FlowRunClaim, now: number): Promise<ClaimOutcome>;
  /** Unfinished runs that nobody executes, unknown to Prefect, of sources that have a deployment. */
  runsToSubmit(afterSourceId: number, limit: number, now: number): Promise<RunToSubmit[]>;
  /**
   * Prefect knows the run under this id from now on. False: it knows it under another, or the run is gone; this flow
   * run is then not wanted.
   */
  saveFlowRunId(runId: number, flowRunId: string): Promise<boolean>;
  /**
   * Another flow run was created for a run that nobody executes; no longer the one as read. False: the run has another
   * one by now, is executed, was cancelled, or is gone; this flow run is then not wanted.
   */
  replaceFlowRun(read: FlowRun, flowRunId: string, now: number): Promise<boolean>;
  /**
   * Ends a run without an owner, and asks the owner of any other to, because its flow run has ended. False: it had
   * ended, or belongs to another flow run by now.
   */
  cancelFlowRun(read: FlowRun, now: number): Promise<boolean>;
  /** Flow runs whose present state Prefect does not know. */
  unreported(afterRunId: number, limit: number): Promise<FlowRun[]>;
  /** Whether Prefect does not know yet that another run of the source has ended, `since` or later. */
  hasUnreportedEnd(sourceId: number, flowRunId: string, since: number): Promise<boolean>;
  /** Prefect knows the state of the run as it was read. It stays unreported if it has changed since. */
  reported(run: Run): Promise<void>;
  /** Flow runs with log entries that Prefect lacks. */
  runsWithLogsToSend(afterRunId: number, limit: number): Promise<FlowRun[]>;
  /** The entries that Prefect lacks, oldest first. */
  logsToSend(runId: number, limit: number): Promise<NumberedLogEntry[]>;
  /** Prefect has all entries up to this one. */
  logsSent(runId: number, lastLogId: number): Promise<void>;
  outbox(): Promise<PrefectOutbox>;
  /** The runs of these flow runs, as far as they are known. */
  runsOf(flowRunIds: readonly string[]): Promise<FlowRun[]>;
  /** Flow runs that have not ended here: to be compared with Prefect, which may have cancelled or deleted them. */
  unfinishedFlowRuns(afterSourceId: number, limit: number): Promise<FlowRun[]>;
  /**
   * Defers flow runs whose worker is lost, so that another one continues them, and ends cancelled runs that nobody
   * executes. Resolves to the deferred ones.
   */
  releaseStranded(now: number): Promise<FlowRun[]>;
}
