import { iso, type SteadyClock } from '../kernel/clock.js';
import type { Run, RunForm, RunReason } from '../runs/store.js';
import { UNEXPECTED_ERROR } from '../scraping/recovery.js';
import type { State, StateCreate, StateType } from './api_types.js';

type Display = Pick<SteadyClock, 'display'>;

/** A flow run in such a state has ended. */
const FINAL: ReadonlySet<StateType> = new Set(['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED']);

/** Whether a flow run in this state has ended. */
export function isFinal(type: StateType | null | undefined): boolean {
  return type !== null && type !== undefined && FINAL.has(type);
}

/** The state of a run in Prefect's terms; null: it has not begun, and Prefect schedules it. */
export function prefectState(run: Run, clock: Display): StateCreate | null {
  switch (run.state) {
    case 'queued':
      return null;
    case 'running':
      return { type: 'RUNNING', name: 'Running' };
    case 'waiting': {
      const since = run.waitingSince === null ? '' : ` since ${iso(clock, run.waitingSince)}`;
      return { type: 'RUNNING', name: 'Running', message: `waiting for a session${since}` };
    }
    case 'deferred':
      return awaitingRetry(clock.display(run.notBefore ?? 0), run.error);
    case 'completed': {
      const { messagesStored, filesDone } = run;
      return {
        type: 'COMPLETED',
        name: 'Completed',
        message: `${messagesStored} new messages, ${filesDone} files`,
      };
    }
    case 'failed':
      // What is nobody's mistake but ours is a crash: it says nothing about the source.
      return run.error === UNEXPECTED_ERROR
        ? { type: 'CRASHED', name: 'Crashed', message: run.error }
        : { type: 'FAILED', name: 'Failed', message: run.error };
    case 'cancelled':
      return cancelledBecause('the run was cancelled');
  }
}

/** It is given to a worker again at that time. Its slot is free until then. */
export function awaitingRetry(at: Date, message: string | null): StateCreate {
  const scheduled_time = at.toISOString();
  return { type: 'SCHEDULED', name: 'AwaitingRetry', message, state_details: { scheduled_time } };
}

/** A flow run that was cancelled, and why. */
export function cancelledBecause(message: string): StateCreate {
  return { type: 'CANCELLED', name: 'Cancelled', message };
}

/** A flow run that failed, and why. */
export function failedBecause(message: string): StateCreate {
  return { type: 'FAILED', name: 'Failed', message };
}

/** Whether Prefect has this state already. */
export function isSameState(theirs: State | null, ours: StateCreate): boolean {
  if (theirs?.type !== ours.type || (theirs.message ?? null) !== (ours.message ?? null)) return false;
  const at = ours.state_details?.scheduled_time;
  if (at === undefined || at === null) return true;
  return Date.parse(theirs.state_details?.scheduled_time ?? '') === Date.parse(at);
}

const MAX_NAME_LENGTH = 100;

/** The name of a run in Prefect's lists. */
export function flowRunName(sourceName: string, reason: RunReason, at: Date): string {
  const name =
    sourceName.length > MAX_NAME_LENGTH ? `${sourceName.slice(0, MAX_NAME_LENGTH - 1)}…` : sourceName;
  return `${name} · ${reason} · ${at.toISOString().slice(0, 19).replace('T', ' ')}`;
}

/** The tags of a run: those of its deployment, and why it began. */
export function flowRunTags(tags: readonly string[], reason: RunReason): string[] {
  return [...new Set([...tags, reason])];
}

/** The parameters that say what was asked of a run. */
export function flowRunParameters(
  sourceId: number,
  { limit, since, fileTypes }: RunForm,
): Record<string, unknown> {
  return {
    source_id: sourceId,
    ...(limit !== null && { limit }),
    ...(since !== null && { since: new Date(since).toISOString() }),
    ...(fileTypes !== null && { file_types: [...fileTypes] }),
  };
}

/**
 * Flow runs that are created here carry the identity of their run, so that one created twice is the same. With its
 * age: another database may have given the same id to another run before. `attempt`: from 1, if it was submitted again.
 */
export function idempotencyKey(
  { sourceId, id, createdAt }: Pick<Run, 'sourceId' | 'id' | 'createdAt'>,
  attempt = 1,
): string {
  return `${sourceId}:run-${id}:${createdAt}${attempt === 1 ? '' : `:${attempt}`}`;
}

const KEY = /^(\d{1,15}):run-(\d{1,15}):\d{1,15}(?::(\d{1,3}))?$/;

/** The run for which a flow run of this source was created here; null: it was created elsewhere. */
export function localRunId(sourceId: number, key: string | null): number | null {
  const [, source, run] = KEY.exec(key ?? '') ?? [];
  return source !== undefined && Number(source) === sourceId ? Number(run) : null;
}

/** Which attempt to submit its run a flow run was; the first also if it was created elsewhere. */
export function attemptOf(key: string | null): number {
  return Number(KEY.exec(key ?? '')?.[3] ?? 1);
}

/** Whether Prefect itself, and no person, ended a flow run: another one had the only slot of the deployment. */
export function isCollision(state: Pick<State, 'type' | 'message'> | null): boolean {
  return state?.type === 'CANCELLED' && state.message === 'Deployment concurrency limit reached.';
}
