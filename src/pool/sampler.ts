import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import type { Clock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';
import {
  HOUR_SECONDS,
  MINUTE_SECONDS,
  type MonitoringStore,
  type SampledCounts,
  type SampledWaits,
} from './monitoring_store.js';
import { KEPT_MS } from './status_history.js';

const MINUTE_MS = MINUTE_SECONDS * 1000;
const HOUR_MS = HOUR_SECONDS * 1000;

/** How many samples one transaction deletes: more than are added meanwhile. */
const PRUNE_BATCH = 500;

const NO_WAITS: SampledWaits = { granted: 0, refused: 0, waitedMs: 0, longestWaitMs: 0 };

export interface PoolSamplerParts {
  readonly store: MonitoringStore;
  readonly cluster: Pick<Cluster, 'takeJob'>;
  /** The sessions by state, and waiting requests. */
  readonly counts: () => Promise<SampledCounts>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Samples what the pool did, each minute. Every replica adds how long requests waited there; one of them takes the
 * rest.
 */
export class PoolSampler {
  readonly #parts: PoolSamplerParts;
  #waits = NO_WAITS;
  #newestId = 0;
  #stopTimer: (() => void) | null = null;
  #closed = false;

  constructor(parts: PoolSamplerParts) {
    this.#parts = parts;
  }

  /** A request for a session was answered after so many seconds. */
  observe(seconds: number, outcome: 'granted' | 'refused'): void {
    const { granted, refused, waitedMs, longestWaitMs } = this.#waits;
    if (outcome === 'refused') {
      this.#waits = { ...this.#waits, refused: refused + 1 };
      return;
    }
    const ms = Math.round(seconds * 1000);
    const longest = Math.max(longestWaitMs, ms);
    this.#waits = { refused, granted: granted + 1, waitedMs: waitedMs + ms, longestWaitMs: longest };
  }

  start(): void {
    if (this.#closed) return;
    const { clock, timers } = this.#parts;
    const now = clock.now();
    const end = Math.floor(now / MINUTE_MS + 1) * MINUTE_MS;
    this.#stopTimer = timers.after(end - now, () => void this.#sampleUntil(end));
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
  }

  async #sampleUntil(end: number): Promise<void> {
    try {
      await this.#addWaits(end - MINUTE_MS);
      await this.#sample(end);
    } catch (error) {
      // The database may be away for a moment: the charts have a gap then.
      this.#parts.logger.warn('the pool was not sampled', { error });
    }
    this.start();
  }

  async #addWaits(at: number): Promise<void> {
    const waits = this.#waits;
    if (waits.granted + waits.refused === 0) return;
    this.#waits = NO_WAITS;
    await this.#parts.store.addWaits(at, waits);
  }

  async #sample(end: number): Promise<void> {
    const { store, cluster, counts, clock } = this.#parts;
    const done = await cluster.takeJob('pool sample', new Date(end));
    if (!done) return;
    try {
      const from = end - MINUTE_MS;
      this.#newestId = await store.sample(from, end, await counts(), this.#newestId);
      // Other replicas may have added to the minute before after it was summed up.
      const hours = new Set([from - MINUTE_MS, from].map((at) => Math.floor(at / HOUR_MS) * HOUR_MS));
      for (const hour of hours) await store.sumUpHour(hour);
      for (const step of [MINUTE_SECONDS, HOUR_SECONDS] as const)
        await store.pruneSamples(step, clock.now() - KEPT_MS[step], PRUNE_BATCH);
    } finally {
      await done();
    }
  }
}
