import type { Clock } from '../kernel/clock.js';
import { BadRequest, Conflict, NotFound } from '../kernel/errors.js';
import type { Page } from '../kernel/page.js';
import { type RunService, runInProgress } from '../runs/service.js';
import type { Run, RunStore } from '../runs/store.js';
import type { ChannelCheck, ChannelChecks } from './channel_check.js';
import type { Schedules } from './schedules.js';
import {
  changedSettings,
  newSettings,
  type RequestedSettings,
  type SettingsParts,
} from './source_settings.js';
import type {
  Source,
  SourceFilter,
  SourceOrder,
  SourceOutcome,
  SourceSettings,
  SourceStore,
} from './store.js';

export interface SourceServiceParts {
  readonly sources: SourceStore;
  readonly checkpoints: Pick<RunStore, 'checkpoint'>;
  readonly runs: RunService;
  readonly schedules: Pick<Schedules, 'changed' | 'full'>;
  readonly settings: SettingsParts;
  readonly channels: Pick<ChannelChecks, 'check'>;
  readonly clock: Clock;
}

/** Creates, changes, deletes and runs sources. */
export class SourceService {
  readonly #parts: SourceServiceParts;

  constructor(parts: SourceServiceParts) {
    this.#parts = parts;
  }

  /**
   * Creates a source, and queues its first run unless it is paused. `checkChannel`: Telegram is asked first.
   * @throws BadRequest that names the field (`channel_not_found`); NotFound for a missing session; Conflict
   * `too_many_schedules`.
   */
  async create(requested: RequestedSettings, checkChannel = false): Promise<Source> {
    ensureReadable(requested);
    const { sources, runs, schedules, clock } = this.#parts;
    const settings = await newSettings(requested, this.#parts.settings);
    this.#ensureRoom(settings);
    if (checkChannel) await this.#ensureExists(settings, requested.channel.field);
    const first = settings.isActive ? 'created' : null;
    const source = done(await sources.create(settings, first, clock.now()));
    if (first) runs.queued();
    await schedules.changed(source.id);
    return source;
  }

  /** Sources by id, unless another order is given. */
  list(page: Page, filter?: SourceFilter, order?: SourceOrder): Promise<Source[]> {
    return this.#parts.sources.sources(page, filter, order);
  }

  /** How many sources there are, on all pages. */
  count(filter?: SourceFilter): Promise<number> {
    return this.#parts.sources.count(filter);
  }

  /** @throws NotFound. */
  async source(id: number): Promise<Source> {
    const source = await this.#parts.sources.source(id);
    if (!source) throw unknownSource();
    return source;
  }

  /** @throws as `create`; NotFound; Conflict `source_has_messages`, `run_in_progress` for another channel or target. */
  async change(id: number, requested: Partial<RequestedSettings>): Promise<Source> {
    const { sources, schedules, settings, clock } = this.#parts;
    const before = await this.source(id);
    ensureReadable({ ...before, ...requested });
    const change = await changedSettings(requested, before, settings);
    const isAnother = ({ identifier, target }: Pick<Source, 'identifier' | 'target'>) =>
      identifier !== before.identifier || target !== before.target;
    if (isAnother({ ...before, ...change })) await this.#ensureUntouched(before);
    if (before.schedule === null || !before.isActive) this.#ensureRoom({ ...before, ...change });
    const source = done(await sources.edit(id, change, clock.now()));
    await schedules.changed(id);
    return source;
  }

  /** Deletes a source, its schedule and the records of its runs. @throws NotFound. */
  async remove(id: number): Promise<void> {
    const { sources, runs, schedules } = this.#parts;
    await runs.cancelOf(id);
    const removed = await sources.remove(id);
    await schedules.changed(id);
    if (!removed) throw unknownSource();
  }

  /**
   * Queues a run of the source with this id or, without one, with this name. @throws NotFound; Conflict
   * `run_in_progress`.
   */
  async triggerNamed(name: string, id: number | null): Promise<Run> {
    const { sources, runs } = this.#parts;
    const source = id === null ? await sources.named(name) : await sources.source(id);
    if (!source) throw unknownSource();
    return runs.trigger(source.id);
  }

  /** Whether there is this channel, as far as Telegram says. @throws NotFound for a missing session. */
  checkChannel(identifier: string, sessionId: number | null): Promise<ChannelCheck> {
    return this.#parts.channels.check(identifier, sessionId);
  }

  async #ensureExists({ identifier, sessionId }: SourceSettings, field: string): Promise<void> {
    const found = await this.checkChannel(identifier, sessionId);
    if (found.kind !== 'missing') return;
    throw new BadRequest(`${field}: there is no such channel: ${found.reason}`, {
      code: 'channel_not_found',
      field,
    });
  }

  #ensureRoom({ schedule, isActive }: Pick<SourceSettings, 'schedule' | 'isActive'>): void {
    if (schedule === null || !isActive || !this.#parts.schedules.full) return;
    const message = 'The maximum number of scheduled sources is reached: run this one on demand';
    throw new Conflict({ error: 'too_many_schedules', message }, { field: 'schedule' });
  }

  /** What a source has stored belongs to its channel and target: its checkpoint means nothing for another. */
  async #ensureUntouched({ id }: Source): Promise<void> {
    const { checkpoints, runs } = this.#parts;
    const [last] = await runs.lastRuns([id]);
    if (last && last.startedAt !== null && last.finishedAt === null) throw runInProgress(last.id);
    const { lastMessageId } = await checkpoints.checkpoint(id);
    if (lastMessageId === 0) return;
    const message = 'Messages are already stored: create another source for another channel or target';
    throw new Conflict({ error: 'source_has_messages', message, source_id: id });
  }
}

function ensureReadable({ accessLevel, sessionId }: Pick<SourceSettings, 'accessLevel' | 'sessionId'>): void {
  if (accessLevel === 'private' && sessionId === null)
    throw new BadRequest('Session required for private', { code: 'session_required', field: 'session_id' });
}

function done(outcome: SourceOutcome): Source {
  if (outcome.kind === 'done') return outcome.source;
  if (outcome.kind === 'path_taken') {
    throw new BadRequest(`target_path: source ${outcome.by} stores there; choose another path`, {
      code: 'target_path_taken',
      field: 'target_path',
    });
  }
  throw outcome.kind === 'unknown' ? unknownSource() : new NotFound('Session');
}

function unknownSource(): NotFound {
  return new NotFound('Source');
}
