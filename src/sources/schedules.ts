import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import { isSchedule, runOnSchedule } from '../jobs/scheduler.js';
import { BadRequest } from '../kernel/errors.js';
import type { BeginOutcome } from '../runs/store.js';
import type { SourceStore } from './store.js';

/** The maximum length of an expression: a longer one expresses nothing more. */
const MAX_LENGTH = 200;

/**
 * A cron expression with one space between its fields; null: an empty text.
 * @throws BadRequest if it is not a cron expression, or would never be due.
 */
export function parseSchedule(given: string): string | null {
  const fields = given.split(/\s+/).filter(Boolean);
  if (fields.length === 0) return null;
  // The library expands ranges number by number, however long they are.
  const plausible = given.length <= MAX_LENGTH && !/\d{3}/.test(given);
  const expression = fields.join(' ');
  if (plausible && (fields.length === 5 || fields.length === 6) && isSchedule(expression)) return expression;
  const message = 'schedule: expected a cron expression of 5 or 6 fields, in UTC, such as 0 */6 * * *';
  throw new BadRequest(message, { code: 'invalid_schedule', field: 'schedule' });
}

/** How many sources are read at a time. */
const PAGE = 500;

/** Sent to the other replicas when a source was created, changed or deleted. */
const CHANGED = 'source changed';

export interface SourceSchedulesParts {
  readonly store: Pick<SourceStore, 'source' | 'scheduled'>;
  readonly cluster: Pick<Cluster, 'takeJob' | 'tell' | 'onTold'>;
  /** The maximum number of schedules; further sources run on demand only. */
  readonly maxSchedules: number;
  readonly logger: Logger;
  /** Queues a run of the source. */
  readonly begin: (sourceId: number) => Promise<BeginOutcome>;
}

interface Kept {
  readonly expression: string;
  readonly stop: () => void;
}

/** Who runs sources on their schedules. */
export interface Schedules {
  /** Whether no further source can have one. */
  readonly full: boolean;
  /** Called when the source was created, changed or deleted here. */
  changed(id: number): Promise<void>;
  /** Called at the start, and periodically: a change may not have been announced. */
  followAll(): Promise<void>;
}

/** The schedules of sources, in sync with the store. A source is run by one replica each time. */
export class SourceSchedules implements Schedules {
  readonly #parts: SourceSchedulesParts;
  readonly #jobs: Pick<Cluster, 'takeJob'>;
  readonly #kept = new Map<number, Kept>();
  readonly #changed = new Set<number>();
  #catchingUp: Promise<void> | null = null;
  #disposed = false;

  constructor(parts: SourceSchedulesParts) {
    this.#parts = parts;
    this.#jobs = oneByOne(parts.cluster);
    parts.cluster.onTold(CHANGED, (told) => {
      const id = (told as { readonly id?: unknown } | null)?.id;
      if (typeof id === 'number') void this.#follow(id);
    });
  }

  /** Whether the maximum number of schedules is reached. */
  get full(): boolean {
    return this.#kept.size >= this.#parts.maxSchedules;
  }

  /** Compares all sources: at the start, and periodically for changes that were not announced. */
  async followAll(): Promise<void> {
    const found = await this.#scheduled();
    for (const id of new Set([...found.keys(), ...this.#kept.keys()]))
      if (this.#kept.get(id)?.expression !== found.get(id)) this.#changed.add(id);
    if (this.#changed.size > 0) await this.#catchUp();
  }

  /** Called when the source was created, changed or deleted here; resolves once its schedule matches the store. */
  async changed(id: number): Promise<void> {
    this.#parts.cluster.tell(CHANGED, { id });
    await this.#follow(id);
  }

  dispose(): void {
    this.#disposed = true;
    for (const id of [...this.#kept.keys()]) this.#drop(id);
  }

  #follow(id: number): Promise<void> {
    this.#changed.add(id);
    return this.#catchUp();
  }

  /** One after the other, so that the last of two changes to a source counts. Never rejects. */
  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#readChanged();
    return this.#catchingUp;
  }

  async #readChanged(): Promise<void> {
    for (const id of this.#changed) {
      this.#changed.delete(id);
      await this.#read(id);
    }
    this.#catchingUp = null;
  }

  async #read(id: number): Promise<void> {
    const { store, logger } = this.#parts;
    try {
      const source = await store.source(id);
      this.#keep(id, source?.isActive ? source.schedule : null);
    } catch (error) {
      logger.warn('a schedule cannot be parsed; it is tried again later', { source_id: id, error });
    }
  }

  async #scheduled(): Promise<Map<number, string>> {
    const { store, maxSchedules, logger } = this.#parts;
    const found = new Map<number, string>();
    for (let after = 0; found.size < maxSchedules; ) {
      const page = await store.scheduled(after, Math.min(PAGE, maxSchedules - found.size));
      for (const { id, schedule } of page) found.set(id, schedule);
      const last = page.at(-1);
      if (!last) return found;
      after = last.id;
    }
    logger.warn('the maximum number of schedules is reached', { most: maxSchedules });
    return found;
  }

  #keep(id: number, expression: string | null): void {
    if (this.#kept.get(id)?.expression === expression) return;
    this.#drop(id);
    if (expression === null || this.#disposed || this.full) return;
    const parts = { cluster: this.#jobs, logger: this.#parts.logger };
    const stop = runOnSchedule(expression, `source ${id}`, parts, () => this.#due(id, expression));
    this.#kept.set(id, { expression, stop });
  }

  #drop(id: number): void {
    this.#kept.get(id)?.stop();
    this.#kept.delete(id);
  }

  async #due(id: number, expression: string): Promise<void> {
    const { begin, logger } = this.#parts;
    await this.#follow(id);
    if (this.#kept.get(id)?.expression !== expression) return;
    const outcome = await begin(id);
    if (outcome.kind !== 'running') return;
    logger.info('a source is due while its run is in progress', { source_id: id, run_id: outcome.runId });
  }
}

/** Runs jobs one after the other: many that are due at the same moment would each open a connection to the database. */
export function oneByOne(cluster: Pick<Cluster, 'takeJob'>): Pick<Cluster, 'takeJob'> {
  let last: Promise<void> = Promise.resolve();
  return {
    async takeJob(name, dueAt) {
      const before = last;
      let letNext = () => {};
      last = new Promise<void>((resolve) => {
        letNext = resolve;
      });
      await before;
      try {
        const done = await cluster.takeJob(name, dueAt);
        if (done) return () => done().finally(letNext);
      } catch (error) {
        letNext();
        throw error;
      }
      letNext();
      return null;
    },
  };
}
