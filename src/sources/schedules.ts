import type { Logger } from 'winston';
import { runOnSchedule } from '../jobs/cron.js';
import type { Replicas } from '../replicas/replicas.js';
import type { BeginOutcome } from '../scraping/store.js';
import { oneByOne } from './one_by_one.js';
import type { SourceStore } from './store.js';

/** Sources that are looked at in one go. */
const PAGE = 500;

/** Told to the other replicas when a source was made, changed or deleted. */
const CHANGED = 'source changed';

export interface SourceSchedulesParts {
  readonly store: Pick<SourceStore, 'source' | 'scheduled'>;
  readonly replicas: Pick<Replicas, 'takeJob' | 'tell' | 'onTold'>;
  /** How many schedules are kept; sources beyond them are run on demand only. */
  readonly most: number;
  readonly logger: Logger;
  /** Queues a run of the source. */
  readonly begin: (sourceId: number) => Promise<BeginOutcome>;
}

interface Kept {
  readonly expression: string;
  readonly stop: () => void;
}

/** The schedules of sources, in step with the store. A source is run by one of all replicas each time. */
export class SourceSchedules {
  readonly #parts: SourceSchedulesParts;
  readonly #jobs: Pick<Replicas, 'takeJob'>;
  readonly #kept = new Map<number, Kept>();
  readonly #changed = new Set<number>();
  #catchingUp: Promise<void> | null = null;
  #disposed = false;

  constructor(parts: SourceSchedulesParts) {
    this.#parts = parts;
    this.#jobs = oneByOne(parts.replicas);
    parts.replicas.onTold(CHANGED, (told) => {
      const id = (told as { readonly id?: unknown } | null)?.id;
      if (typeof id === 'number') void this.#follow(id);
    });
  }

  /** Whether no further schedule is kept. */
  get full(): boolean {
    return this.#kept.size >= this.#parts.most;
  }

  /** Looks at all sources: at the start, and now and then for changes that nobody told. */
  async followAll(): Promise<void> {
    const found = await this.#scheduled();
    for (const id of new Set([...found.keys(), ...this.#kept.keys()]))
      if (this.#kept.get(id)?.expression !== found.get(id)) this.#changed.add(id);
    if (this.#changed.size > 0) await this.#catchUp();
  }

  /** The source was made, changed or deleted here; resolves once its schedule is as the store has it. */
  async changed(id: number): Promise<void> {
    this.#parts.replicas.tell(CHANGED, { id });
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

  /** One after the other, so that of two changes of a source the last one counts. Never rejects. */
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
      logger.warn('a schedule can not be read; it is looked at again later', { source_id: id, error });
    }
  }

  async #scheduled(): Promise<Map<number, string>> {
    const { store, most, logger } = this.#parts;
    const found = new Map<number, string>();
    for (let after = 0; found.size < most; ) {
      const page = await store.scheduled(after, Math.min(PAGE, most - found.size));
      for (const { id, schedule } of page) found.set(id, schedule);
      const last = page.at(-1);
      if (!last) return found;
      after = last.id;
    }
    logger.warn('as many schedules of sources are kept as may be', { most });
    return found;
  }

  #keep(id: number, expression: string | null): void {
    if (this.#kept.get(id)?.expression === expression) return;
    this.#drop(id);
    if (expression === null || this.#disposed || this.full) return;
    const parts = { replicas: this.#jobs, logger: this.#parts.logger };
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
    logger.info('a source is due while its run goes on', { source_id: id, run_id: outcome.runId });
  }
}
