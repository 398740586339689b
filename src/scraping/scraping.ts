import type { Lease } from '../pool/store.js';
import type { Source, SourceStore } from '../sources/store.js';
import type { TelegramGateway } from '../telegram/gateway.js';
import { BotReading, type BotReadingParts } from './bot_reading.js';
import type { Course } from './course.js';
import type { OwnRun, RunOutcome } from './engine.js';
import { NextReaders } from './next_reader.js';
import { pause } from './pause.js';
import { RetryBudget, TARGET_RETRIES, TELEGRAM_RETRIES } from './retry_budget.js';
import { RunLog } from './run_log.js';
import { SessionReading, type SessionReadingParts } from './session_reading.js';
import type { Sink, StoringSource } from './sinks/sink.js';
import { SinkFailed } from './sinks/sink_failed.js';
import type { Checkpoint } from './store.js';
import { Storing } from './storing.js';

/** A run for which nothing could be done is not tried again for so long, in milliseconds. */
const DEFER_MS = 30_000;

/** So soon one that found no session may stand in line again, after the runs that wait for their turn. Milliseconds. */
const QUEUE_AGAIN_MS = 1_000;

export interface ScrapingParts extends SessionReadingParts, BotReadingParts {
  readonly gateway: TelegramGateway;
  readonly sources: SourceStore;
  readonly openSink: (source: StoringSource, checkpoint: Checkpoint, signal: AbortSignal) => Promise<Sink>;
  readonly limits: ScrapingLimits;
  /** Called when there is something new to tell of a run. */
  readonly onChanged: (runId: number) => void;
}

export interface ScrapingLimits {
  /** Larger files are recorded but not stored. */
  readonly maxFileBytes: number;
  /** A flood wait of at most so many seconds is slept through. */
  readonly floodSleepMaxSeconds: number;
}

/** Carries runs out: reads what is new in a channel, with one session after the other if need be, and stores it. */
export class Scraping {
  readonly #parts: ScrapingParts;
  readonly #reading: SessionReading;
  readonly #bots: BotReading;
  readonly #readers: NextReaders;
  readonly #log: RunLog;

  constructor(parts: ScrapingParts) {
    this.#parts = parts;
    this.#log = new RunLog(parts.runs, parts.clock);
    this.#reading = new SessionReading(parts, this.#log);
    this.#bots = new BotReading(parts, this.#log);
    this.#readers = new NextReaders(parts, this.#bots);
  }

  /** Carries the run out from where its source stands. Rejects with the signal's reason once that is aborted. */
  async carryOut(run: OwnRun, signal: AbortSignal): Promise<RunOutcome> {
    const source = await this.#parts.sources.source(run.sourceId);
    const gone = { kind: 'failed', error: 'its source is gone' } as const;
    const outcome = source ? await this.#throughFailures(run, source, signal) : gone;
    await this.#tell(run, outcome);
    return outcome;
  }

  /** Begins anew where the target failed for the moment. */
  async #throughFailures(run: OwnRun, source: Source, signal: AbortSignal): Promise<RunOutcome> {
    const { runs, timers } = this.#parts;
    const retryBudget = new RetryBudget(TARGET_RETRIES);
    for (;;) {
      try {
        return await this.#stored(run, source, await runs.checkpoint(source.id), signal);
      } catch (error) {
        if (!(error instanceof SinkFailed)) throw error;
        const { lastMessageId } = await runs.checkpoint(source.id);
        const pauseMs = error.mayPass ? retryBudget.pauseAfterFailure(lastMessageId) : null;
        if (pauseMs === null) return { kind: 'failed', error: error.message };
        await this.#log.write(run.id, 'warning', error.message);
        await pause(timers, pauseMs, signal);
      }
    }
  }

  /** Says in the run's log how it ended. */
  async #tell({ id }: OwnRun, outcome: RunOutcome): Promise<void> {
    if (outcome.kind === 'failed') return this.#log.write(id, 'error', outcome.error);
    if (outcome.kind === 'deferred') return this.#log.write(id, 'info', `goes on later: ${outcome.error}`);
    const run = await this.#parts.runs.run(id);
    const { messagesStored = 0, filesDone = 0 } = run ?? {};
    await this.#log.write(id, 'info', `completed: ${messagesStored} new messages, ${filesDone} files`);
  }

  /** Carries the run out with its target open; what failed is begun anew from what is recorded. */
  async #stored(
    run: OwnRun,
    source: Source,
    checkpoint: Checkpoint,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { runs, clock, limits, openSink, onChanged } = this.#parts;
    const sink = await openSink(source, checkpoint, signal);
    try {
      const wishes = { sourceId: source.id, fileTypes: source.fileTypes, maxFileBytes: limits.maxFileBytes };
      const onRecorded = () => onChanged(run.id);
      const parts = { ...{ run, runs, sink, wishes, clock }, onRecorded };
      const storing = new Storing(parts, checkpoint.lastMessageId);
      const retryBudget = new RetryBudget(TELEGRAM_RETRIES);
      const untried = { notLetIn: new Set<number>(), botTried: false, retryBudget };
      const fillTitle = (title: string) => this.#fillTitle(source, title);
      const course: Course = { run, source, storing, signal, fillTitle, ...untried };
      const outcome = await this.#course(course);
      if (outcome.kind !== 'completed') await storing.finish(signal).catch(() => undefined);
      return outcome;
    } finally {
      await sink.close();
    }
  }

  async #fillTitle({ id, channelTitle }: Source, title: string): Promise<void> {
    const plain = title.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').trim();
    if (channelTitle === null && plain !== '') await this.#parts.sources.fillTitle(id, plain);
  }

  async #course(course: Course): Promise<RunOutcome> {
    for (;;) {
      const reader = await this.#readers.next(course);
      if (reader === null) return this.#deferred('no session is free', QUEUE_AGAIN_MS);
      const isBot = reader === 'bot';
      if (!isBot && course.notLetIn.has(reader.sessionId)) return this.#noOtherSession(course, reader);
      const ended = await (isBot ? this.#bots.with(course) : this.#reading.with(course, reader));
      if (ended) return ended;
      if (course.retryBudget.isExhausted) {
        return this.#deferred('Telegram can not be reached', DEFER_MS);
      }
      this.#parts.onChanged(course.run.id);
    }
  }

  /** It was the turn of a session that is not let in: those that could be had all had theirs. */
  async #noOtherSession(course: Course, lease: Lease): Promise<RunOutcome> {
    const { leases, pool } = this.#parts;
    await leases.giveBack(lease);
    const { states } = await pool.counts();
    const tried = course.notLetIn.size;
    const others = states.free + states.leased + states.cooldown + states.flood - tried;
    if (others > 0) return this.#deferred(`${others} sessions that were not tried are not free`, DEFER_MS);
    return { kind: 'failed', error: `None of the sessions is let into the channel (${tried} tried)` };
  }

  #deferred(error: string, afterMs: number): RunOutcome {
    return { kind: 'deferred', error, notBefore: this.#parts.clock.now() + afterMs };
  }
}
