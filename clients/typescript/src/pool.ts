// biome-ignore lint/suspicious/noTsIgnore: the package is optional; without it, the client is of type any.
/** @ts-ignore */
import type { TelegramClient as MtcuteClient } from '@mtcute/node';
// biome-ignore lint/suspicious/noTsIgnore: as above.
/** @ts-ignore */
import type { TelegramClient } from 'telegram';
import {
  type ConnectedOptions,
  type ConnectedParts,
  type ConnectedWork,
  withConnection,
} from './connected.js';
import { type Verb, verbOf } from './endpoints.js';
import { LeaseLost, NoFreeSession, retryAfterMs, saysLeaseLost, TeleGateError } from './errors.js';
import { GRAM_JS } from './gramjs.js';
import { type Answer, backoff, type CallOptions, type Http, isUndecided, type Part } from './http.js';
import { Lease, type LeaseDetails, type LeaseReference } from './lease.js';
import { MTCUTE } from './mtcute.js';
import { pause } from './runtime.js';

/** Which session is wanted, and for how long. */
export interface AcquireOptions {
  /** The session must have all of these. */
  readonly tags?: readonly string[];
  /** Telegram's method that it is for: sessions flooded for others count as free. */
  readonly method?: string;
  /** `@name`, id or link: a session that knows it is preferred. */
  readonly channel?: string | readonly string[];
  /** This session only. */
  readonly sessionId?: number;
  readonly sessionName?: string;
  readonly strategy?: Part<'GET /session', 'query'>['strategy'];
  /** `frozen`: if none is free, a frozen one. */
  readonly allow?: 'frozen';
  /** Seconds to wait in the queue, also for hours; 0 (the default of `acquire`): not at all. */
  readonly wait?: number;
  /** Seconds after which the session is free again if this process dies; 300 by default. */
  readonly ttl?: number;
  /** Asks for the session itself, for workers that share no disk with the service. */
  readonly credentials?: 'string' | 'file';
  /** Of the session string. */
  readonly format?: 'telethon' | 'gramjs' | 'pyrogram';
  /** Through the service, which cuts it off when the lease ends. */
  readonly egress?: boolean;
  /** Ends the wait; later, it aborts the lease's signal. */
  readonly signal?: AbortSignal;
}

/** Work with a session. It must end soon after the signal is aborted. */
export type SessionWork<Result> = (session: Lease, signal: AbortSignal) => Promise<Result>;

/** A lease that is taken up again, and for how long it is renewed. */
export type ResumeOptions = LeaseDetails & { readonly ttl?: number; readonly signal?: AbortSignal };

/** Short enough for a pool of many workers that die, long enough for a restart of the service. */
const DEFAULT_TTL_SECONDS = 300;

/** What the service holds a request for, in seconds. */
const MAX_WAIT_SECONDS = 60;

/** An answer without a hold takes no longer, in milliseconds. */
const ANSWER_MS = 15_000;

/** A caller that does not wait in the queue gets over a restart of the service, too, in milliseconds. */
const OUTAGE_MS = 30_000;

/** A lease whose age is uncertain by more than this part of its time is confirmed before it is used. */
const MAX_UNCERTAIN_PART = 0.1;

/** The sessions that can be leased. */
export class Pool {
  /** The current leases, oldest first unless sorted. */
  readonly leases: Verb<'GET /leases'>;
  /** What the pool did over time: in the last hour by default. */
  readonly history: Verb<'GET /status/history'>;
  /** Which sessions become free next, and when. */
  readonly upcoming: Verb<'GET /status/upcoming'>;
  /** The waiting requests, first come first. */
  readonly waiting: Verb<'GET /status/waiting'>;
  /** Who knows which channels. */
  readonly peers: Verb<'GET /peers'>;
  /** How many sessions are in which state. */
  readonly status: Verb<'GET /status'>;
  readonly #http: Http;
  readonly #connected: ConnectedParts;

  /** @internal */
  constructor(http: Http) {
    this.#http = http;
    this.#connected = { withSession: (...given) => this.withSession(...given), runtime: http.runtime };
    this.leases = verbOf(http, 'GET /leases');
    this.history = verbOf(http, 'GET /status/history');
    this.upcoming = verbOf(http, 'GET /status/upcoming');
    this.waiting = verbOf(http, 'GET /status/waiting');
    this.peers = verbOf(http, 'GET /peers');
    this.status = verbOf(http, 'GET /status');
  }

  /**
   * Leases a session: `await using lease = await pool.acquire()` releases it at the end of the block. However often it
   * is sent, one request gets one lease.
   * @throws NoFreeSession; TeleGateError; ConnectionFailed; the signal's reason.
   */
  async acquire(options: AcquireOptions = {}): Promise<Lease> {
    return new Acquisition(this.#http, options).run();
  }

  /**
   * Waits in the queue for a session, however long, runs `work` with it, and gives it back. An error of `work` is
   * reported if it is Telegram's, and thrown as it is. @throws as `acquire`, and what `work` throws.
   */
  async withSession<Result>(work: SessionWork<Result>, options: AcquireOptions = {}): Promise<Result> {
    const lease = await this.acquire({ ...options, wait: options.wait ?? Number.POSITIVE_INFINITY });
    let failure: unknown;
    try {
      return await work(lease, lease.signal);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await lease.leave(failure);
    }
  }

  /**
   * As `withSession`, with a connected GramJS client, which is disconnected before the session is given back, and at
   * once if the lease is lost. Needs the package `telegram`. @throws as `withSession`.
   */
  withTelegram<Result>(
    work: ConnectedWork<TelegramClient, Result>,
    options: ConnectedOptions,
  ): Promise<Result> {
    return withConnection(this.#connected, GRAM_JS, work, options);
  }

  /** As `withTelegram`, with a connected mtcute client. Needs the package `@mtcute/node`. @throws as `withSession`. */
  withMtcute<Result>(work: ConnectedWork<MtcuteClient, Result>, options: ConnectedOptions): Promise<Result> {
    return withConnection(this.#connected, MTCUTE, work, options);
  }

  /**
   * Takes up a lease again after a restart of this process, from what was kept of it (`JSON.stringify`).
   * @throws LeaseLost if it is over; TeleGateError; ConnectionFailed.
   */
  async resume(options: ResumeOptions): Promise<Lease> {
    const { ttl = DEFAULT_TTL_SECONDS, signal, ...details } = options;
    const { session_id, lease_id } = details;
    const grantedAt = this.#http.runtime.monotonic();
    try {
      await this.#http.call('POST /heartbeat', { body: { session_id, lease_id, ttl } }, { signal });
    } catch (error) {
      throw saysLeaseLost(error) ? new LeaseLost(session_id, 'the service says so', error) : error;
    }
    return new Lease({ http: this.#http, details, ttl, grantedAt, signal });
  }

  /** Gives a lease back that another process has taken. @throws TeleGateError; ConnectionFailed. */
  async release(lease: LeaseReference, options?: CallOptions): Promise<void> {
    const { session_id, lease_id } = lease;
    await this.#http.call('POST /release', { body: { session_id, lease_id } }, options);
  }

  /** Compares the pool with the session files. */
  sync(body: Part<'POST /sync', 'body'> = {}, options?: CallOptions): Promise<Answer<'POST /sync'>> {
    return this.#http.call('POST /sync', { body }, options);
  }

  /** Takes a session out of the pool. */
  invalidate(
    session_id: number,
    reason?: string,
    options?: CallOptions,
  ): Promise<Answer<'POST /invalidate'>> {
    const body = { session_id, ...(reason !== undefined && { reason }) };
    return this.#http.call('POST /invalidate', { body }, options);
  }

  /** Ends a session's flood wait, invalidation or death. */
  restore(session_id: number, options?: CallOptions): Promise<Answer<'POST /restore'>> {
    return this.#http.call('POST /restore', { body: { session_id } }, options);
  }
}

/** One request for a session, over as many attempts as it takes. */
class Acquisition {
  readonly #http: Http;
  readonly #options: AcquireOptions;
  readonly #ttl: number;
  readonly #startedAt: number;
  readonly #waitUntil: number;
  /** With the same key, the service gives the same lease. */
  #key: string;
  /** When the first attempt was sent that may have got the lease which the next one is answered with. */
  #since: number | null = null;
  #failures = 0;

  constructor(http: Http, options: AcquireOptions) {
    this.#http = http;
    this.#options = options;
    this.#ttl = options.ttl ?? DEFAULT_TTL_SECONDS;
    this.#startedAt = http.runtime.monotonic();
    this.#waitUntil = this.#startedAt + (options.wait ?? 0) * 1000;
    this.#key = http.runtime.newKey();
  }

  async run(): Promise<Lease> {
    try {
      return await this.#lease();
    } catch (error) {
      if (this.#options.signal?.aborted && this.#since !== null) this.#abandon().catch(() => {});
      throw error;
    }
  }

  async #lease(): Promise<Lease> {
    const { signal } = this.#options;
    for (;;) {
      const sentAt = this.#http.runtime.monotonic();
      this.#since ??= sentAt;
      try {
        const details = await this.#ask(this.#waitUntil - sentAt, signal);
        signal?.throwIfAborted();
        return await this.#confirmed(details, this.#since);
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        await pause(this.#http.runtime, this.#pauseAfter(error, sentAt), signal);
      }
    }
  }

  /** The service may have granted a lease of which nobody will ever hear: its key says which one. */
  async #abandon(): Promise<void> {
    const { session_id, lease_id } = await this.#ask(0, undefined);
    await this.#http.call('POST /release', { body: { session_id, lease_id } });
  }

  async #ask(waitMs: number, signal: AbortSignal | undefined): Promise<Answer<'GET /session'>> {
    const { tags, method, channel, sessionId, sessionName, credentials, format, strategy, allow, egress } =
      this.#options;
    const wait = Math.min(MAX_WAIT_SECONDS, Math.max(0, Math.ceil(waitMs / 1000)));
    const query = {
      ...{ ttl: this.#ttl, wait, method, credentials, format, strategy, allow, egress },
      ...{
        tag: tags,
        channel: channel && [channel].flat(),
        session_id: sessionId,
        session_name: sessionName,
      },
    };
    const answer = await this.#http.attempt({
      ...{ operation: 'GET /session', input: { query }, idempotencyKey: this.#key, signal },
      timeoutMs: wait * 1000 + ANSWER_MS,
    });
    return answer as Answer<'GET /session'>;
  }

  /**
   * The lease, if it was granted just now. An answer that was long on its way (or that a stopped process reads late)
   * may be of a lease that is over: the service is asked. @throws LeaseLost.
   */
  async #confirmed(details: LeaseDetails, since: number): Promise<Lease> {
    const { signal } = this.#options;
    const http = this.#http;
    const grantedAt = http.runtime.monotonic();
    if (grantedAt - since <= this.#ttl * 1000 * MAX_UNCERTAIN_PART) {
      return new Lease({ http, details, ttl: this.#ttl, grantedAt: since, signal });
    }
    const lease = new Lease({ http, details, ttl: this.#ttl, grantedAt, signal });
    try {
      await lease.renew();
    } catch (error) {
      if (!(error instanceof LeaseLost)) await lease.leave();
      throw error;
    }
    return lease;
  }

  /** How long to wait before the next attempt, in milliseconds. @throws the error if there is none. */
  #pauseAfter(error: unknown, sentAt: number): number {
    const now = this.#http.runtime.monotonic();
    const refused = error instanceof TeleGateError;
    if (error instanceof LeaseLost || (refused && error.code === 'lease_lost')) {
      // The lease of an earlier attempt has run out: the next one is another.
      this.#startOver();
      return 0;
    }
    const undecided = isUndecided(error);
    if (!undecided) this.#since = null;
    const isQueued = error instanceof NoFreeSession || (refused && error.code === 'max_leases_reached');
    const outage = undecided || (refused && error.status === 503);
    if (!isQueued && !outage) throw error;
    const until = isQueued ? this.#waitUntil : Math.max(this.#waitUntil, this.#startedAt + OUTAGE_MS);
    const pauseMs = isQueued ? this.#pauseInQueue(error, now - sentAt) : this.#pauseOfOutage(error);
    if (now + pauseMs >= until && (now >= until || !isQueued)) throw error;
    return Math.min(pauseMs, until - now);
  }

  /** A request that was held in the queue is repeated at once; one that was not, when the service says. */
  #pauseInQueue(error: TeleGateError, heldMs: number): number {
    this.#failures = 0;
    if (heldMs >= (MAX_WAIT_SECONDS * 1000) / 2) return 0;
    return Math.min((error.retryAfter ?? 1) * 1000, MAX_WAIT_SECONDS * 1000);
  }

  #pauseOfOutage(error: unknown): number {
    this.#failures += 1;
    return Math.max(backoff(this.#failures - 1), retryAfterMs(error));
  }

  #startOver(): void {
    this.#key = this.#http.runtime.newKey();
    this.#since = null;
  }
}
