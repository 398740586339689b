import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'winston';
import type { Clock } from '../kernel/clock.js';
import { Unavailable } from '../kernel/errors.js';
import { pagesByKey } from '../kernel/page.js';
import { exponentialDelay } from '../kernel/retry.js';
import type { DeploymentResponse } from './api_types.js';
import type { PrefectClient } from './client.js';
import { DeploymentReconciler } from './deployment_reconciler.js';
import { DeploymentRemoval } from './deployment_removal.js';
import { deploymentName, sourceIdOf } from './deployment_spec.js';
import { PrefectNotFound, PrefectUnauthorized } from './errors.js';
import type { CallOptions } from './http.js';
import type { PrefectPlace } from './setup.js';
import type { Deployment, DeploymentOfSource, PrefectStore } from './store.js';

export interface DeploymentRoundsParts {
  readonly client: PrefectClient;
  readonly store: Pick<
    PrefectStore,
    'dueDeployments' | 'deployments' | 'saveSynced' | 'saveError' | 'forget' | 'applyFromPrefect'
  >;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A source that Prefect refuses is tried again after this long, doubled each time, up to the second. */
const RETRY_MS = [15_000, 600_000] as const;
/** How many sources are made equal at the same time, unless Prefect is too busy for as many. */
const MAX_CONCURRENT = 4;
const PAGE = 200;
/** How many sources are compared before others get the event loop. */
const COMPARED_AT_ONCE = 20;

interface Failure {
  readonly revision: number;
  readonly count: number;
  readonly retryAt: number;
}

/**
 * Goes through sources and their deployments, and makes them equal. What Prefect refuses of one source is saved and
 * tried again later; what concerns all of them (Prefect or the database is away) ends the round.
 */
export class DeploymentRounds {
  readonly #parts: DeploymentRoundsParts;
  readonly #reconciler: DeploymentReconciler;
  readonly #removal: DeploymentRemoval;
  readonly #failures = new Map<number, Failure>();
  #concurrent = MAX_CONCURRENT;
  #settled = 0;

  constructor(parts: DeploymentRoundsParts) {
    this.#parts = parts;
    this.#reconciler = new DeploymentReconciler(parts);
    this.#removal = new DeploymentRemoval(parts);
  }

  /** Whether deployments cannot be deleted yet because of their runs. */
  get isRemoving(): boolean {
    return this.#removal.isWaiting;
  }

  /** How many sources were found equal, or made so, since the start. */
  get settled(): number {
    return this.#settled;
  }

  /** Compares all deployments with their sources, except sources that have none yet. */
  async compareAll(place: PrefectPlace, given: CallOptions): Promise<void> {
    const { client, store } = this.#parts;
    const options = this.#slowingDown(given);
    const listed = new Map<number, DeploymentResponse>();
    for await (const page of client.deploymentsOf(place.flowId, options)) {
      for (const deployment of page) {
        const sourceId = sourceIdOf(deployment.name);
        if (sourceId !== null) listed.set(sourceId, deployment);
      }
    }
    // Read after the list: each deployment in it is younger than its row.
    const read = (after: number) => store.deployments(after, PAGE);
    for await (const rows of pagesByKey(read, keyOf, PAGE)) {
      await this.#each(rows, async (row) => {
        const { sourceId, deploymentId } = row.deployment;
        const existing = listed.get(sourceId) ?? null;
        listed.delete(sourceId);
        if (existing || deploymentId !== null) await this.#settle(row, existing, place, options);
      });
    }
    await this.#removeOrphans([...listed.values()], place, options);
  }

  /** Tells Prefect what is due, until `isOver`. */
  async pushDue(place: PrefectPlace, given: CallOptions, isOver: () => boolean): Promise<void> {
    const options = this.#slowingDown(given);
    const read = (after: number) => this.#parts.store.dueDeployments(after, PAGE);
    for await (const rows of pagesByKey(read, keyOf, PAGE)) {
      await this.#each(rows, (row) => this.#settle(row, null, place, options));
      if (isOver()) return;
    }
  }

  /** `listed`: what Prefect has of it, if it was listed. */
  async #settle(
    row: DeploymentOfSource,
    listed: DeploymentResponse | null,
    place: PrefectPlace,
    options: CallOptions,
  ): Promise<void> {
    const { sourceId, revision } = row.deployment;
    const failure = this.#failures.get(sourceId);
    if (failure?.revision === revision && this.#parts.clock.now() < failure.retryAt) return;
    try {
      await this.#makeEqual(row, listed ?? (await this.#find(row, place, options)), place, options);
      this.#failures.delete(sourceId);
      this.#settled += 1;
    } catch (error) {
      if (isGeneral(error, options)) throw error;
      await this.#failed(row.deployment, failure, error);
    }
  }

  /** What Prefect has of a source that was not listed; null: nothing. */
  #find(
    { source, deployment: { sourceId, deploymentId } }: DeploymentOfSource,
    { flowName }: PrefectPlace,
    options: CallOptions,
  ): Promise<DeploymentResponse | null> {
    const { client } = this.#parts;
    if (deploymentId !== null) return found(client.deployment(deploymentId, options));
    // Putting one replaces what there is.
    if (source) return Promise.resolve(null);
    return found(client.deploymentNamed(flowName, deploymentName(sourceId), options));
  }

  async #makeEqual(
    { source, deployment }: DeploymentOfSource,
    existing: DeploymentResponse | null,
    place: PrefectPlace,
    options: CallOptions,
  ): Promise<void> {
    const { sourceId } = deployment;
    const isRenamed = existing !== null && existing.name !== deploymentName(sourceId);
    if (source && !isRenamed) return this.#reconciler.reconcile(source, deployment, existing, place, options);
    if (existing && !(await this.#removal.remove(existing.id, options))) return;
    if (source) return this.#reconciler.reconcile(source, deployment, null, place, options);
    await this.#parts.store.forget(sourceId);
    this.#parts.logger.info('the deployment of a deleted source was deleted', { source_id: sourceId });
  }

  /** Deletes deployments of sources that are not in the database. Those of another work pool are not ours. */
  async #removeOrphans(
    orphans: readonly DeploymentResponse[],
    { workPool }: PrefectPlace,
    options: CallOptions,
  ): Promise<void> {
    const { logger } = this.#parts;
    await this.#each(orphans, async ({ id, name, work_pool_name: pool }) => {
      if (pool !== null && pool !== workPool) return;
      try {
        if (await this.#removal.remove(id, options))
          logger.warn('a deployment without a source was deleted', { deployment: name });
      } catch (error) {
        if (isGeneral(error, options)) throw error;
        logger.warn('a deployment without a source could not be deleted', { deployment: name, error });
      }
    });
  }

  /** As `eachOf`: with fewer at once as soon as Prefect is too busy, as one on SQLite soon is, and with one more later. */
  async #each<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
    const before = this.#concurrent;
    await eachOf(items, () => this.#concurrent, work);
    if (this.#concurrent === before) this.#concurrent = Math.min(before + 1, MAX_CONCURRENT);
  }

  /** A server that lets one write at a time makes less of several at once than of one after the other. */
  #slowingDown(options: CallOptions): CallOptions {
    const onRetry = () => {
      this.#concurrent = Math.max(1, Math.floor(this.#concurrent / 2));
    };
    return { ...options, onRetry };
  }

  async #failed(
    { sourceId, revision }: Deployment,
    last: Failure | undefined,
    error: unknown,
  ): Promise<void> {
    const { store, clock, logger } = this.#parts;
    const count = last?.revision === revision ? last.count + 1 : 1;
    const retryAt = clock.now() + exponentialDelay(count - 1, ...RETRY_MS);
    this.#failures.set(sourceId, { revision, count, retryAt });
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn('a deployment could not be synchronised', { source_id: sourceId, reason });
    await store.saveError(sourceId, reason);
  }
}

function keyOf({ deployment }: DeploymentOfSource): number {
  return deployment.sourceId;
}

/** Whether an error concerns not only one source. */
function isGeneral(error: unknown, { signal }: CallOptions): boolean {
  return signal?.aborted === true || error instanceof Unavailable || error instanceof PrefectUnauthorized;
}

async function found(reading: Promise<DeploymentResponse>): Promise<DeploymentResponse | null> {
  return reading.catch((error: unknown) => {
    if (error instanceof PrefectNotFound) return null;
    throw error;
  });
}

/**
 * Runs `work` for each item, at most `concurrent` at the same time, which may become fewer. Rejects with the first error
 * once none is under way.
 */
async function eachOf<Item>(
  items: readonly Item[],
  concurrent: () => number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = items.entries();
  const errors: unknown[] = [];
  const next = async (lane: number) => {
    while (lane < concurrent() && errors.length === 0) {
      const { done, value } = rest.next();
      if (done) return;
      const [at, item] = value;
      if (at % COMPARED_AT_ONCE === 0) await setImmediate();
      await work(item).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: concurrent() }, (_, lane) => next(lane)));
  if (errors.length > 0) throw errors[0];
}
