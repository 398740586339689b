import { isOwned } from '../runs/rules.js';
import type { Run, RunForm } from '../runs/store.js';
import type { FlowRunClaim } from './store.js';

/** The runs that a claim may concern. Cancelled ones that nobody executes have ended. */
export interface ClaimableRuns {
  /** The one that belongs to the flow run. */
  readonly ofFlowRun: Run | undefined;
  /** The one for which the flow run was created here. */
  readonly local: Run | undefined;
  /** The one of the source that has not ended. */
  readonly unfinished: Run | undefined;
}

export type ClaimDecision =
  /** The claimant executes this run, which belongs to the flow run from now on. */
  | { readonly kind: 'take'; readonly run: Run }
  /** The claimant executes a new run, which belongs to the flow run from now on. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'owned'; readonly run: Run }
  | { readonly kind: 'other'; readonly runId: number }
  /** This run has ended, and belongs to the flow run from now on. */
  | { readonly kind: 'ended'; readonly run: Run };

/**
 * Who executes a flow run. A source has one run at a time, whatever Prefect believes: a flow run continues its own
 * run; else it adopts the one that is queued here, if that asks the same; else it gets a new one if there is no other.
 * One that is retried in Prefect after its run has ended gets a new one too.
 * It adopts a run with a flow run of its own too: while this one has the source's only slot, Prefect cancels that one.
 */
export function decideClaim(
  { owner, form, isRetry }: Pick<FlowRunClaim, 'owner' | 'form' | 'isRetry'>,
  { ofFlowRun, local, unfinished }: ClaimableRuns,
  now: number,
): ClaimDecision {
  if (ofFlowRun) {
    if (ofFlowRun.finishedAt !== null) {
      if (!isRetry) return { kind: 'ended', run: ofFlowRun };
      return unfinished ? { kind: 'other', runId: unfinished.id } : { kind: 'begin' };
    }
    const isOthers = isOwned(ofFlowRun, now) && ofFlowRun.owner !== owner;
    return isOthers ? { kind: 'owned', run: ofFlowRun } : { kind: 'take', run: ofFlowRun };
  }
  if (local) return decideLocal(local, now);
  if (!unfinished) return { kind: 'begin' };
  const isBegun = unfinished.flowRunId !== null && unfinished.state !== 'queued';
  const isAdoptable = !isBegun && !isOwned(unfinished, now) && isSameForm(unfinished, form);
  return isAdoptable ? { kind: 'take', run: unfinished } : { kind: 'other', runId: unfinished.id };
}

/** For the run that a flow run was created for. One that is submitted again has the flow run of before until then. */
function decideLocal(local: Run, now: number): ClaimDecision {
  if (local.finishedAt !== null && local.flowRunId === null) return { kind: 'ended', run: local };
  // Another flow run was first to adopt it, while this one was being created for it.
  const isOthers = local.finishedAt !== null || isOwned(local, now);
  return isOthers ? { kind: 'other', runId: local.id } : { kind: 'take', run: local };
}

function isSameForm(one: RunForm, other: RunForm): boolean {
  const typesOf = ({ fileTypes }: RunForm) => JSON.stringify(fileTypes && [...new Set(fileTypes)].sort());
  return one.limit === other.limit && one.since === other.since && typesOf(one) === typesOf(other);
}
