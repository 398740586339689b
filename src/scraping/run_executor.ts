import type { Clock } from '../kernel/clock.js';
import { RetryBudget, withRetry } from '../kernel/retry.js';
import type { Timers } from '../kernel/timers.js';
import type { OwnedRun, RunOutcome } from '../runs/engine.js';
import type { Checkpoint, RunLogEntry } from '../runs/store.js';
import type { Source } from '../sources/store.js';
import { PageWriter } from './page_writer.js';
import { type Reader, type RunContext, readToEnd } from './reader.js';
import { ReaderSelector, type ReaderSelectorParts } from './reader_selector.js';
import { TARGET_RETRY_DELAYS_MS, TELEGRAM_RETRY_DELAYS_MS, telegramUnreachable } from './recovery.js';
import type { RunSources } from './service_ports.js';
import { SinkFailed } from './sinks/failures.js';
import type { Sink, StoringSource } from './sinks/sink.js';
import { ChannelReading } from './split/channel_reading.js';
import type { SessionsPerRun } from './split/rules.js';

export interface RunExecutorParts extends ReaderSelectorParts {
  readonly sources: RunSources;
  readonly openSink: (source: StoringSource, checkpoint: Checkpoint, signal: AbortSignal) => Promise<Sink>;
  readonly limits: ScrapingLimits;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called when a run has changed. */
  readonly onChanged: (runId: number) => void;
}

export interface ScrapingLimits {
  /** Larger files are recorded but not stored. */
  readonly maxFileBytes: number;
  /** The longest flood wait that a run sleeps through, in seconds. */
  readonly floodSleepMaxSeconds: number;
  /** How many sessions may read for one run at once. */
  readonly sessionsPerRun: SessionsPerRun;
}

/** Executes runs: reads what is new in a channel, with one session after another if need be, and stores it. */
export class RunExecutor {
  readonly #parts: RunExecutorParts;
  readonly #readers: ReaderSelector;

  constructor(parts: RunExecutorParts) {
    this.#parts = parts;
    this.#readers = new ReaderSelector(parts);
  }

  /** Executes the run from its source's checkpoint on. Rejects with the signal's reason once that is aborted. */
  async execute(run: OwnedRun, signal: AbortSignal): Promise<RunOutcome> {
    const source = await this.#parts.sources.source(run.sourceId);
    const outcome = source
      ? await this.#retryTarget(run, source, signal)
      : ({ kind: 'failed', error: 'its source was deleted' } as const);
    await this.#logOutcome(run, outcome);
    return outcome;
  }

  /** Starts again from the checkpoint after each transient failure of the target. */
  async #retryTarget(run: OwnedRun, source: Source, signal: AbortSignal): Promise<RunOutcome> {
    const { runs, timers } = this.#parts;
    const budget = new RetryBudget(TARGET_RETRY_DELAYS_MS);
    const delayAfter = async (error: unknown) => {
      if (!(error instanceof SinkFailed && error.retryable)) return null;
      const { lastMessageId } = await runs.checkpoint(source.id);
      const delayMs = budget.delayAfterFailure(lastMessageId);
      if (delayMs !== null) await this.#log(run, 'warning', error.message);
      return delayMs;
    };
    try {
      return await withRetry(() => this.#fromCheckpoint(run, source, signal), { delayAfter, timers, signal });
    } catch (error) {
      if (error instanceof SinkFailed) return { kind: 'failed', error: error.message };
      throw error;
    }
  }

  async #fromCheckpoint(run: OwnedRun, source: Source, signal: AbortSignal): Promise<RunOutcome> {
    const { runs, clock, limits, openSink, onChanged } = this.#parts;
    const checkpoint = await runs.checkpoint(source.id);
    const sink = await openSink(source, checkpoint, signal);
    try {
      const { id: sourceId, fileTypes } = source;
      const filter = { sourceId, fileTypes: run.fileTypes ?? fileTypes, maxFileBytes: limits.maxFileBytes };
      const parts = { run, runs, sink, filter, clock, onRecorded: () => onChanged(run.id) };
      const { messagesRead = 0 } = (await runs.run(run.id)) ?? {};
      const writer = new PageWriter(parts, checkpoint.lastMessageId, messagesRead);
      try {
        const outcome = await this.#readChannel(this.#context(run, source, writer, signal));
        if (outcome.kind !== 'completed') await writer.finish(signal).catch(() => undefined);
        return outcome;
      } finally {
        await writer.files.close();
      }
    } finally {
      await sink.close();
    }
  }

  #context(run: OwnedRun, source: Source, writer: PageWriter, signal: AbortSignal): Omit<RunContext, 'read'> {
    return {
      ...{ run, source, writer, signal },
      log: (level, message) => this.#log(run, level, message),
      saveTotal: this.#totalSaver(run),
      fillTitle: (title) => this.#fillTitle(source, title),
      ...{ deniedSessions: new Set(), botTried: false },
      retryBudget: new RetryBudget(TELEGRAM_RETRY_DELAYS_MS),
    };
  }

  /** Reads until all is read or no reader can continue. */
  async #readChannel(context: Omit<RunContext, 'read'>): Promise<RunOutcome> {
    const reading = new ChannelReading(context, this.#parts);
    try {
      return await this.#read(reading);
    } finally {
      await reading.close();
    }
  }

  /** Has one reader after another read for the run. */
  async #read(reading: ChannelReading): Promise<RunOutcome> {
    const { clock, timers, onChanged } = this.#parts;
    const { context } = reading;
    for (;;) {
      const next = await this.#readers.next(context);
      if (next.kind !== 'reader') return next;
      const { reader } = next;
      try {
        await this.#announce(context, reader);
        const outcome = await readToEnd(reader, context, timers);
        if (outcome) return outcome;
      } finally {
        await reader.close();
      }
      await reading.waitForOthers();
      if (context.retryBudget.isExhausted) return telegramUnreachable(clock.now());
      onChanged(context.run.id);
    }
  }

  async #announce({ run, log }: RunContext, { name }: Reader): Promise<void> {
    const { runs, clock } = this.#parts;
    await runs.mark(run.id, run.owner, 'running', name, clock.now());
    await log('info', `reads with ${name}`);
  }

  #totalSaver({ id, owner, totalMessages }: OwnedRun): RunContext['saveTotal'] {
    const { runs, onChanged } = this.#parts;
    let saved = totalMessages;
    return async (messages) => {
      if (messages === saved) return;
      saved = messages;
      if (await runs.saveTotal(id, owner, messages)) onChanged(id);
    };
  }

  async #fillTitle({ id, channelTitle }: Source, title: string): Promise<void> {
    const plain = title.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').trim();
    if (channelTitle === null && plain !== '') await this.#parts.sources.fillTitle(id, plain);
  }

  async #logOutcome(owned: OwnedRun, outcome: RunOutcome): Promise<void> {
    if (outcome.kind === 'failed') return this.#log(owned, 'error', outcome.error);
    if (outcome.kind === 'deferred') return this.#log(owned, 'info', `continues later: ${outcome.error}`);
    const run = await this.#parts.runs.run(owned.id);
    const { messagesStored = 0, filesDone = 0 } = run ?? {};
    await this.#log(owned, 'info', `completed: ${messagesStored} new messages, ${filesDone} files`);
  }

  #log({ id }: OwnedRun, level: RunLogEntry['level'], message: string): Promise<void> {
    return this.#parts.runs.log(id, [{ at: this.#parts.clock.now(), level, message }]);
  }
}
