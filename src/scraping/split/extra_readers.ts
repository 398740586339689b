import { MAY_RESOLVE, marksOf } from '../../cluster/waiting.js';
import { BadRequest, NotFound } from '../../kernel/errors.js';
import { RetryBudget, sleep } from '../../kernel/retry.js';
import type { Timers } from '../../kernel/timers.js';
import type { KnownChannel } from '../../peers/store.js';
import type { PoolDemand } from '../../pool/service.js';
import type { Lease } from '../../pool/store.js';
import { TelegramRefused } from '../../telegram/errors.js';
import { METHOD, type ReadingAccount, type RunContext, readToEnd } from '../reader.js';
import { deniesAccess, TELEGRAM_RETRY_DELAYS_MS } from '../recovery.js';
import type { RunLeasing } from '../run_leases.js';
import { SessionReader, type SessionReaderParts } from '../session_reader.js';
import { PassedOver } from './passed_over.js';
import { extraSessionsAllowed, isWanted, maxReaders, type SessionsPerRun, toGiveBack } from './rules.js';
import type { HistoryReader, SplitHistory } from './split_history.js';

/** How often the pool is asked whether others wait, or more sessions are idle, in milliseconds. */
const ROUND_MS = 1_000;

/** An extra session sleeps through no longer flood wait, in seconds: others go on, and it comes back when it can. */
const FLOOD_SLEEP_SECONDS = 5;

export interface ExtraReaderParts extends SessionReaderParts {
  readonly leases: RunLeasing;
  readonly timers: Timers;
  readonly limits: SessionReaderParts['limits'] & { readonly sessionsPerRun: SessionsPerRun };
}

/** The run that extra sessions read for. */
export interface SharedReading {
  /** Ends them; one that fails for no reason of its own aborts it. */
  readonly over: AbortController;
  /** Whether the run has a session of its own, which reads, or waits until it may. */
  hasOwnReader(): boolean;
  /** Called when another session reads, or reads no longer. */
  onChanged(what: string): Promise<void>;
}

/** A session that reads beside the run's own. */
interface Extra extends HistoryReader {
  readonly name: string;
  readonly lease: Lease;
  isLeaving: boolean;
  /** It has found the channel. */
  isReading: boolean;
  readonly ended: Promise<void>;
}

/**
 * How an extra session ended: with nothing left for it; with an error that may pass; or since it can't read the channel.
 */
type Ending = 'done' | 'failed' | 'denied';

/**
 * The sessions that read for a run beside its own: leased while nobody waits for one, given back after a page when
 * somebody does.
 */
export class ExtraReaders {
  readonly #context: RunContext;
  readonly #history: SplitHistory;
  readonly #parts: ExtraReaderParts;
  readonly #reading: SharedReading;
  readonly #signal: AbortSignal;
  readonly #extras = new Map<number, Extra>();
  readonly #passedOver = new PassedOver();

  constructor(context: RunContext, history: SplitHistory, parts: ExtraReaderParts, reading: SharedReading) {
    this.#context = context;
    this.#history = history;
    this.#parts = parts;
    this.#reading = reading;
    this.#signal = AbortSignal.any([context.signal, reading.over.signal]);
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
    this.#passedOver.nextRound();
    if (!this.#isRead()) return;
    const { pool, limits } = this.#parts;
    const { sessionsPerRun } = limits;
    const demand = await pool.demand();
    this.#askToLeave(demand, await this.#resolving([...this.#extras.keys()], demand));
    const room = maxReaders(sessionsPerRun) - 1 - this.#extras.size;
    let left = Math.min(extraSessionsAllowed(demand, sessionsPerRun), room, this.#history.rangesLeft);
    while (left > 0 && (await this.#recruit(demand))) left -= 1;
  }

  /** Whether anybody reads or soon will. If not, the run looks for a session of its own first. */
  #isRead(): boolean {
    return this.#reading.hasOwnReader() || this.#history.readers > 0;
  }

  /** Which of these sessions have resolves left. None is looked up unless somebody waits for such a one. */
  async #resolving(sessionIds: readonly number[], { waiting }: PoolDemand): Promise<ReadonlySet<number>> {
    if (!waiting.some(({ needs }) => needs.includes(MAY_RESOLVE))) return new Set();
    const left = await this.#parts.peers.resolvesLeft(sessionIds);
    return new Set(sessionIds.filter((id) => (left.get(id) ?? 0) > 0));
  }

  /** The newest ones leave first. One stays where the run has no other reader. */
  #askToLeave(demand: PoolDemand, resolving: ReadonlySet<number>): void {
    const staying = [...this.#extras.values()]
      .filter(({ isLeaving }) => !isLeaving)
      .map((extra) => ({ extra, marks: marksOf(extra.lease, resolving.has(extra.lease.sessionId)) }));
    const most = this.#reading.hasOwnReader() ? staying.length : staying.length - 1;
    const leaving = toGiveBack(staying, demand, this.#parts.limits.sessionsPerRun);
    for (const { extra } of leaving.slice(0, Math.max(0, most))) extra.isLeaving = true;
    this.#history.changed.tell();
  }

  /** Whether another session reads from now on. */
  async #recruit(demand: PoolDemand): Promise<boolean> {
    const lease = await this.#acquire();
    if (lease === null) return false;
    // One that became free just now may be the very one that somebody waits for.
    const isForOthers = await this.#isForOthers(lease, demand).catch(() => true);
    if (isForOthers) this.#passedOver.forNow(lease.sessionId);
    if (isForOthers || this.#signal.aborted || !this.#isRead()) {
      await this.#parts.leases.giveBack(lease);
      return false;
    }
    this.#join(lease);
    return true;
  }

  async #isForOthers(lease: Lease, demand: PoolDemand): Promise<boolean> {
    const resolving = await this.#resolving([lease.sessionId], demand);
    return isWanted({ marks: marksOf(lease, resolving.has(lease.sessionId)) }, demand);
  }

  /** One that knows the channel comes first: it need not ask Telegram where that is. Null: none is free. */
  async #acquire(): Promise<Lease | null> {
    const { source, deniedSessions } = this.#context;
    const except = this.#passedOver.with(deniedSessions);
    if (except === null) return null;
    const request = { sessionId: null, method: METHOD, channels: [source.identifier], except };
    return this.#parts.leases.acquire(request, null, this.#signal);
  }

  #join(lease: Lease): void {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const ended = begun.then(() => this.#read(lease, extra));
    const fresh = { isExtra: true, isLeaving: false, isReading: false, pages: 0 };
    const extra: Extra = { name: lease.sessionName, lease, ...fresh, ended };
    this.#extras.set(lease.sessionId, extra);
    begin();
  }

  /** Never rejects. */
  async #read(lease: Lease, extra: Extra): Promise<void> {
    const reader = this.#readerOf(lease, extra);
    try {
      this.#judge(lease.sessionId, extra, await this.#readPages(reader, extra));
    } catch (error) {
      this.#reading.over.abort(error);
    } finally {
      await reader.close();
      this.#extras.delete(lease.sessionId);
      const why = extra.isLeaving ? ': others wait for a session' : '';
      if (extra.isReading) await this.#reading.onChanged(`${extra.name} reads no longer${why}`);
      this.#history.changed.tell();
    }
  }

  /** Reads until there is nothing left for it, or it can't. Rejects with what ends the run. */
  async #readPages(reader: SessionReader, extra: Extra): Promise<Ending> {
    let ending: Ending = 'failed';
    const judging: Parameters<typeof readToEnd>[0] = {
      signal: reader.signal,
      read: (resolveAgain) => reader.read(resolveAgain),
      recover: (error, resolvedAgain) => {
        const isDenied = error instanceof TelegramRefused && deniesAccess(error.telegramError);
        ending = isDenied ? 'denied' : 'failed';
        return reader.recover(error, resolvedAgain);
      },
    };
    const writer = {
      get position() {
        return extra.pages;
      },
    };
    const retryBudget = new RetryBudget(TELEGRAM_RETRY_DELAYS_MS);
    try {
      const outcome = await readToEnd(
        judging,
        { signal: this.#signal, retryBudget, writer },
        this.#parts.timers,
      );
      if (outcome?.kind === 'completed') return 'done';
      if (outcome?.kind !== 'failed') return ending;
      await this.#context.log('warning', `${extra.name}: ${outcome.error}`);
    } catch (error) {
      if (!(error instanceof BadRequest || error instanceof NotFound)) throw error;
      await this.#context.log('warning', `${extra.name}: ${error.message}`);
    }
    return 'denied';
  }

  /** Decides when the session may be taken again, before it can be. */
  #judge(sessionId: number, { pages }: Extra, ending: Ending): void {
    if (ending === 'denied') this.#passedOver.forGood(sessionId);
    else if (pages > 0) this.#passedOver.useful(sessionId);
    else if (ending === 'failed') this.#passedOver.forNow(sessionId);
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
      if (!extra.isReading && !extra.isLeaving) {
        extra.isReading = true;
        await this.#reading.onChanged(`${extra.name} reads as well`);
      }
      await this.#history.read(extra, account, peer, signal);
    };
    // What it is refused says nothing about when it may be taken again.
    const context = {
      ...this.#context,
      source,
      signal: this.#signal,
      read,
      deniedSessions: new Set<number>(),
    };
    return new SessionReader(context, this.#parts.leases.hold(lease), parts);
  }
}
