import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import type { Clock } from '../kernel/clock.js';
import { exponentialDelay, sleep } from '../kernel/retry.js';
import { type Timers, WakeablePause } from '../kernel/timers.js';
import type { DeploymentRounds } from './deployment_rounds.js';
import type { PrefectPace } from './pace.js';
import type { PrefectSetup } from './setup.js';

export interface DeploymentSyncParts {
  readonly setup: PrefectSetup;
  readonly rounds: DeploymentRounds;
  readonly cluster: Pick<Cluster, 'exclusively' | 'tell' | 'onTold'>;
  readonly pace: Pick<PrefectPace, 'deploymentsMs' | 'removalMs'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** How soon it is tried again after Prefect or the database was away, doubled each time without progress. */
const FIRST_RETRY_MS = 1_000;
/** How soon a replica that lost the database tries again. */
const LEAD_AGAIN_MS = 5_000;

/** The lock of the replica that does it, and what the others tell it. */
const NAME = 'prefect deployments';

/**
 * Keeps the deployments in Prefect and the sources here equal. One replica does it, and another takes over when that is
 * lost. Nothing depends on being told of a change: what Prefect lacks is recorded together with the change, and what was
 * changed in Prefect is found by comparing all.
 */
export class DeploymentSync {
  readonly #parts: DeploymentSyncParts;
  readonly #closed = new AbortController();
  readonly #pause: WakeablePause;
  #leading: Promise<void> | null = null;
  #compareAt = 0;

  constructor(parts: DeploymentSyncParts) {
    this.#parts = parts;
    this.#pause = new WakeablePause(parts.timers);
    parts.cluster.onTold(NAME, () => this.#pause.wake());
    parts.setup.onReady(() => {
      this.#compareAt = parts.clock.now();
      this.#pause.wake();
    });
  }

  /** Begins, as soon as no other replica does it. */
  start(): void {
    this.#leading ??= this.#lead();
  }

  /** A source was created, changed or deleted here: Prefect is told at once, whichever replica does it. */
  changed(): void {
    this.#parts.cluster.tell(NAME, null);
    this.#pause.wake();
  }

  /** Stops; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#leading;
  }

  async #lead(): Promise<void> {
    const { cluster, timers, logger } = this.#parts;
    const { signal } = this.#closed;
    const work = (lost: AbortSignal) => this.#repeat(AbortSignal.any([lost, signal]));
    while (!signal.aborted) {
      await cluster.exclusively(NAME, work, signal).catch(async (error: unknown) => {
        if (signal.aborted) return;
        logger.warn('deployments are not compared with their sources here for now', { error });
        await sleep(timers, LEAD_AGAIN_MS, signal).catch(() => undefined);
      });
    }
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { clock, logger, setup, rounds, pace } = this.#parts;
    this.#compareAt = clock.now();
    let failures = 0;
    while (!signal.aborted) {
      const settled = rounds.settled;
      try {
        await this.#round(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('deployments could not be compared with their sources; it is tried again', { error });
        failures = rounds.settled > settled ? 1 : failures + 1;
        void setup.check();
      }
      const untilRetry = exponentialDelay(failures - 1, FIRST_RETRY_MS, pace.deploymentsMs);
      await this.#pause.sleep(failures > 0 ? untilRetry : this.#untilNext(), signal);
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { rounds, clock, pace, setup } = this.#parts;
    const { place } = setup;
    if (!place) return;
    const isCompareDue = () => clock.now() >= this.#compareAt;
    if (isCompareDue()) {
      await rounds.compareAll(place, { signal });
      this.#compareAt = clock.now() + pace.deploymentsMs;
    }
    await rounds.pushDue(place, { signal }, isCompareDue);
  }

  /** How long there is nothing to do, in milliseconds. */
  #untilNext(): number {
    const { clock, setup, rounds, pace } = this.#parts;
    if (!setup.place) return pace.deploymentsMs;
    const untilCompared = Math.max(0, this.#compareAt - clock.now());
    return rounds.isRemoving ? Math.min(untilCompared, pace.removalMs) : untilCompared;
  }
}
