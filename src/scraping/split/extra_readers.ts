import { BadRequest, NotFound } from '../../kernel/errors.js';
import { RetryBudget, sleep } from '../../kernel/retry.js';
import type { Timers } from '../../kernel/timers.js';
import type { KnownChannel } from '../../peers/store.js';
import type { Lease } from '../../pool/store.js';
import { TelegramRefused } from '../../telegram/errors.js';
import { METHOD, type ReadingAccount, type RunContext, readToEnd } from '../reader.js';
import { TELEGRAM_RETRY_DELAYS_MS } from '../recovery.js';
import type { RunLeasing } from '../run_leases.js';
import { SessionReader, type SessionReaderParts } from '../session_reader.js';
import { mostReaders, type SessionsPerRun, takeable, wanted } from './rules.js';
import type { HistoryReader, SplitHistory } from './split_history.js';

/** How often the pool is asked whether others wait, or more sessions are idle, in milliseconds. */
const ROUND_MS = 1_000;

/** An extra session sleeps through no longer flood wait, in seconds: others go on, and it comes back when it can. */
const FLOOD_SLEEP_SECONDS = 5;

/** After so many sessions that could not read it, no others are tried: most are no members of a private channel. */
const MAX_USELESS = 32;

export interface ExtraReaderParts extends SessionReaderParts {
  readonly leases: RunLeasing;
  readonly timers: Timers;
  readonly limits: SessionReaderParts['limits'] & { readonly sessionsPerRun: SessionsPerRun };
}

/** A session that reads beside the run's own. */
interface Extra extends HistoryReader {
  readonly name: string;
  isLeaving: boolean;
  /** It has found the channel. */
  isReading: boolean;
  readonly ended: Promise<void>;
}

/**
 * The sessions that read for a run beside its own: leased while nobody waits for one, given back after a page when
 * somebody does.
 */
export class ExtraReaders {
  readonly #context: RunContext;
  readonly #history: SplitHistory;
  readonly #parts: ExtraReaderParts;
  readonly #over: AbortController;
  readonly #signal: AbortSignal;
  readonly #onChanged: (what: string) => Promise<void>;
  readonly #extras = new Map<number, Extra>();
  /** Sessions that could not read a single page. */
  readonly #useless = new Set<number>();

  /** `over` ends them; one that fails for no reason of its own aborts it. `onChanged` is told what has changed. */
  constructor(
    context: RunContext,
    history: SplitHistory,
    parts: ExtraReaderParts,
    over: AbortController,
    onChanged: (what: string) => Promise<void>,
  ) {
    this.#context = context;
    this.#history = history;
    this.#parts = parts;
    this.#over = over;
    this.#signal = AbortSignal.any([context.signal, over.signal]);
    this.#onChanged = onChanged;
  }

  /** Those that have found the channel. */
  get names(): string[] {
    return [...this.#extras.values()].filter(({ isReading }) => isReading).map(({ name }) => name);
  }

  /** Leases sessions and gives them back as the pool allows, until all is stored or it is over. Never rejects. */
  async run(): Promise<void> {
    const { timers } = this.#parts;
    while (!this.#signal.aborted && !this.#history.isStored) {
      // A pool that can't be asked now can be asked in a moment.
      await this.#round().catch(() => undefined);
      await sleep(timers, ROUND_MS, this.#signal).catch(() => undefined);
    }
  }

  /** Resolves when none reads any more. Never rejects. */
  async ended(): Promise<void> {
    while (this.#extras.size > 0) await Promise.all([...this.#extras.values()].map(({ ended }) => ended));
  }

  async #round(): Promise<void> {
    if (this.#history.readers === 0) return;
    const { pool, limits } = this.#parts;
    const { sessionsPerRun } = limits;
    const demand = await pool.demand();
    this.#askToLeave(wanted(demand, sessionsPerRun));
    const isHopeless = this.#useless.size >= MAX_USELESS;
    const room = isHopeless ? 0 : mostReaders(sessionsPerRun) - 1 - this.#extras.size;
    let left = Math.min(takeable(demand, sessionsPerRun), room, this.#history.rangesLeft);
    while (left > 0 && (await this.#recruit())) left -= 1;
  }

  /** The newest ones leave first. One stays where the run has no other reader. */
  #askToLeave(count: number): void {
    const staying = [...this.#extras.values()].filter(({ isLeaving }) => !isLeaving);
    const most = this.#history.readers > this.#extras.size ? staying.length : staying.length - 1;
    for (const extra of staying.reverse().slice(0, Math.max(0, Math.min(count, most))))
      extra.isLeaving = true;
    this.#history.changed.tell();
  }

  /** Whether another session reads from now on. */
  async #recruit(): Promise<boolean> {
    const lease = await this.#acquire();
    if (lease === null) return false;
    const { sessionId } = lease;
    const isRefused = this.#useless.has(sessionId) || this.#context.deniedSessions.has(sessionId);
    if (isRefused || this.#signal.aborted || this.#history.readers === 0) {
      await this.#parts.leases.giveBack(lease);
      return false;
    }
    this.#join(lease);
    return true;
  }

  /** One that knows the channel comes first: it need not ask Telegram where that is. */
  #acquire(): Promise<Lease | null> {
    const channels = [this.#context.source.identifier];
    return this.#parts.leases.acquire({ sessionId: null, method: METHOD, channels }, null, this.#signal);
  }

  #join(lease: Lease): void {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const ended = begun.then(() => this.#read(lease, extra));
    const fresh = { isExtra: true, isLeaving: false, isReading: false, pages: 0 };
    const extra: Extra = { name: lease.sessionName, ...fresh, ended };
    this.#extras.set(lease.sessionId, extra);
    begin();
  }

  /** Never rejects. */
  async #read(lease: Lease, extra: Extra): Promise<void> {
    const { timers } = this.#parts;
    const reader = this.#readerOf(lease, extra);
    try {
      const retryBudget = new RetryBudget(TELEGRAM_RETRY_DELAYS_MS);
      const progress = {
        get position() {
          return extra.pages;
        },
      };
      const outcome = await readToEnd(
        reader,
        { signal: this.#signal, retryBudget, writer: progress },
        timers,
      );
      if (outcome?.kind === 'failed') await this.#context.log('warning', `${extra.name}: ${outcome.error}`);
    } catch (error) {
      if (error instanceof BadRequest || error instanceof NotFound) {
        await this.#context.log('warning', `${extra.name}: ${error.message}`);
      } else this.#over.abort(error);
    } finally {
      await reader.close();
      this.#extras.delete(lease.sessionId);
      if (extra.pages === 0) this.#useless.add(lease.sessionId);
      const why = extra.isLeaving ? ': others wait for a session' : '';
      if (extra.isReading) await this.#onChanged(`${extra.name} reads no longer${why}`);
      this.#history.changed.tell();
    }
  }

  #readerOf(lease: Lease, extra: Extra): SessionReader {
    const { limits } = this.#parts;
    const floodSleepMaxSeconds = Math.min(limits.floodSleepMaxSeconds, FLOOD_SLEEP_SECONDS);
    const parts = { ...this.#parts, limits: { floodSleepMaxSeconds } };
    // Any session that finds the channel will do.
    const source = { ...this.#context.source, sessionId: null };
    const read = async (account: ReadingAccount, peer: KnownChannel, signal: AbortSignal) => {
      // A name that has changed hands.
      if (peer.channelId !== this.#history.channelId) {
        throw new TelegramRefused('CHANNEL_INVALID', 'channels.getChannels');
      }
      if (!extra.isReading) {
        extra.isReading = true;
        await this.#onChanged(`${extra.name} reads as well`);
      }
      await this.#history.read(extra, account, peer, signal);
    };
    const context = { ...this.#context, source, signal: this.#signal, read };
    return new SessionReader(context, this.#parts.leases.hold(lease), parts);
  }
}
