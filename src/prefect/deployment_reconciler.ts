import type { Logger } from 'winston';
import type { Clock } from '../kernel/clock.js';
import type { Source } from '../sources/store.js';
import type { DeploymentResponse } from './api_types.js';
import type { PrefectClient } from './client.js';
import {
  type Comparison,
  compareSpecs,
  type DeploymentChange,
  deploymentChange,
  newDeployment,
  ourSpec,
  parseSynced,
  type SyncedSpec,
  serializeSynced,
  theirSpec,
} from './deployment_spec.js';
import { PrefectNotFound } from './errors.js';
import type { CallOptions } from './http.js';
import { scheduleProblem, sourceSchedule } from './schedules.js';
import type { PrefectPlace } from './setup.js';
import type { ChangeFromPrefect, Deployment, PrefectStore } from './store.js';

export interface DeploymentReconcilerParts {
  readonly client: PrefectClient;
  readonly store: Pick<PrefectStore, 'saveSynced' | 'saveError' | 'applyFromPrefect'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes a source and its deployment equal, whichever of them was changed. */
export class DeploymentReconciler {
  readonly #parts: DeploymentReconcilerParts;

  constructor(parts: DeploymentReconcilerParts) {
    this.#parts = parts;
  }

  /** `existing`: what Prefect has of it; null: nothing. Rejects as calls do: then it has to be tried again. */
  async reconcile(
    source: Source,
    saved: Deployment,
    existing: DeploymentResponse | null,
    place: PrefectPlace,
    options: CallOptions,
  ): Promise<void> {
    if (!existing) return this.#create(source, saved, place, options);
    const base = parseSynced(saved.synced);
    const ours = ourSpec(source, place.workPool, keptSchedule(saved, base));
    const { push, pull } = compareSpecs(base, ours, theirSpec(existing, ours, base));
    const agreed = { ...ours, ...pull };
    if (push.length > 0) {
      await this.#push(existing.id, deploymentChange(push, agreed, existing, base), options);
      this.#parts.logger.debug('a deployment was changed', { source_id: source.id, fields: push });
    }
    if (!(await this.#pull(saved, pull, agreed))) return;
    await this.#save(source, saved, existing.id, agreed);
  }

  async #create(source: Source, saved: Deployment, place: PrefectPlace, options: CallOptions): Promise<void> {
    const { client, logger } = this.#parts;
    const kept = keptSchedule(saved, parseSynced(saved.synced));
    const { id } = await client.putDeployment(newDeployment(source, place, kept), options);
    if (saved.deploymentId !== null) {
      const ids = { source_id: source.id, deployment_id: id };
      logger.warn('a deployment was deleted in Prefect; it was made again', ids);
    }
    await this.#save(source, saved, id, ourSpec(source, place.workPool, kept));
  }

  async #push(id: string, change: DeploymentChange, options: CallOptions): Promise<void> {
    const { client } = this.#parts;
    for (const patch of change.patches) await client.patchDeployment(id, patch, options);
    for (const schedule of change.activate)
      await client.patchSchedule(id, schedule, { active: true }, options);
    for (const schedule of change.remove) {
      await client.deleteSchedule(id, schedule, options).catch((error: unknown) => {
        if (!(error instanceof PrefectNotFound)) throw error;
      });
    }
  }

  /** Changes the source as its deployment was changed. False: it was changed here meanwhile, and is due. */
  async #pull(saved: Deployment, pull: Comparison['pull'], agreed: SyncedSpec): Promise<boolean> {
    const change = changeFrom(pull);
    if (Object.keys(change).length === 0) return true;
    const { store, clock, logger } = this.#parts;
    const { sourceId, revision } = saved;
    const synced = serializeSynced(agreed);
    const isApplied = await store.applyFromPrefect(sourceId, revision, change, synced, clock.now());
    if (isApplied) logger.info('a source was changed in Prefect', { source_id: sourceId, ...change });
    return isApplied;
  }

  /** Saves what both sides agree on, unless that is saved already. */
  async #save(source: Source, saved: Deployment, deploymentId: string, agreed: SyncedSpec): Promise<void> {
    const { sourceId, revision } = saved;
    const schedule = sourceSchedule(agreed.schedule);
    const foreignSchedule = schedule.kind === 'foreign' ? schedule.words : null;
    const synced = serializeSynced(agreed);
    // One that both sides agree to be none is not one that Prefect lacks.
    const error = agreed.schedule === null ? scheduleProblem(source.schedule) : null;
    const isSaved =
      saved.deploymentId === deploymentId &&
      saved.synced === synced &&
      saved.syncedRevision === revision &&
      saved.error === error;
    if (isSaved) return;
    const { store } = this.#parts;
    await store.saveSynced(sourceId, { deploymentId, synced, foreignSchedule, revision });
    if (error !== null) await store.saveError(sourceId, error);
  }
}

/** The schedule of Prefect that the source cannot express, and keeps; null: there is none. */
function keptSchedule({ foreignSchedule }: Deployment, base: SyncedSpec | null): string | null {
  return foreignSchedule === null ? null : (base?.schedule ?? null);
}

function changeFrom({ isActive, schedule }: Comparison['pull']): ChangeFromPrefect {
  return {
    ...(isActive !== undefined && { isActive }),
    ...(schedule !== undefined && scheduleFrom(schedule)),
  };
}

function scheduleFrom(canonical: string | null): Pick<ChangeFromPrefect, 'schedule' | 'foreignSchedule'> {
  const schedule = sourceSchedule(canonical);
  return schedule.kind === 'ours'
    ? { schedule: schedule.expression, foreignSchedule: null }
    : { schedule: null, foreignSchedule: schedule.words };
}
