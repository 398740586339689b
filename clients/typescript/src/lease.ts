/// <reference lib="esnext.disposable" preserve="true" />
import { LeaseLost, retryAfterMs, saysLeaseLost } from './errors.js';
import { type Answer, backoff, type Http, type Input, type Part } from './http.js';
import { causesOf, telegramError } from './telegram_errors.js';

/** What to do after an error: `wait` and call again, `swap` the session, `stop` using it for good, or `retry`. */
export type Advice = Pick<Answer<'POST /report'>, 'action' | 'wait_seconds' | 'status'>;

/** What identifies a lease: enough to take it up again after a restart. */
export interface LeaseReference {
  readonly session_id: number;
  readonly lease_id: string;
}

/** What is known of a leased session; only its reference after `resume`, unless the rest was kept. */
export type LeaseDetails = LeaseReference & Partial<Answer<'GET /session'>>;

/** How a lease is held. @internal */
export interface LeaseParts {
  readonly http: Http;
  readonly details: LeaseDetails;
  /** Seconds that the service grants with every renewal. */
  readonly ttl: number;
  /** On the runtime's clock; the lease was granted no earlier. */
  readonly grantedAt: number;
  /** Aborts the work with the lease as well. */
  readonly signal?: AbortSignal | undefined;
}

/** How a lease is given back. */
export interface ReleaseOptions {
  /** The flood wait that ended the work, in seconds. */
  readonly floodWait?: number;
  /** The method that is flooded; without it, the whole session is. */
  readonly method?: string;
  /** Seconds after which it is given up; 10 by default. */
  readonly within?: number;
}

/** Leaving takes no longer, in milliseconds, whatever becomes of the service. */
const LEAVE_MS = 10_000;
const REPORT_MS = 5_000;

/** A session that an admin took cools down for a minute: its holder learns of that in less, whatever the ttl. */
const LONGEST_INTERVAL_MS = 50_000;

/** One attempt to renew takes no longer, in milliseconds. */
const RENEW_MS = 10_000;

/** The holder stops this long before its lease ends, in milliseconds, or for a tenth of a short one. */
const MARGIN_MS = 5_000;

/**
 * A leased session, renewed at each third of its time, or after 50 s if that is sooner, until it is released. `signal`
 * is aborted when the lease is lost: once the service says so or, at the latest, shortly before its time is up by this
 * machine's own clock.
 */
export class Lease implements AsyncDisposable, LeaseReference {
  readonly session_id: number;
  readonly lease_id: string;
  /** What the service said when it granted the lease: name, file, proxy, credentials, tags. */
  readonly details: LeaseDetails;
  /** Seconds for which the lease lasts without renewal. */
  readonly ttl: number;
  readonly #http: Http;
  readonly #controller = new AbortController();
  #deadline: number;
  #stopDeadline = () => {};
  #stopRenewal = () => {};
  #stopFollowing = () => {};
  #failures = 0;
  #lastFailure: unknown;
  #over = false;
  /** The service knows that it is over: there is nothing to release. */
  #isReturned = false;
  readonly #atEnd = new Set<() => void>();
  /** The last error that was reported, with its causes. */
  #reported: readonly unknown[] = [];

  /** @internal */
  constructor({ http, details, ttl, grantedAt, signal }: LeaseParts) {
    this.session_id = details.session_id;
    this.lease_id = details.lease_id;
    this.details = details;
    this.ttl = ttl;
    this.#http = http;
    this.#deadline = this.#deadlineFrom(grantedAt);
    this.#follow(signal);
    this.#expireOnTime();
    this.#renewAfter(this.#intervalMs);
  }

  /** Aborted when the session must not be used any longer; the reason is a `LeaseLost`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The session's name; null if it is unknown after `resume`. */
  get session_name(): string | null {
    return this.details.session_name ?? null;
  }

  /** The channel that it was asked for; null: it must be resolved. */
  get peer(): NonNullable<LeaseDetails['peer']> | null {
    return this.details.peer ?? null;
  }

  /** Whether the lease is still held, as far as this machine knows. */
  get held(): boolean {
    return !this.#over && this.#http.runtime.monotonic() < this.#deadline;
  }

  /** Whether the holder has given it back, or the service has ended it after a report. @internal */
  get isReturned(): boolean {
    return this.#isReturned;
  }

  /** Has `action` called at once when the lease ends, however that comes; returns how to undo this. @internal */
  onEnd(action: () => void): () => void {
    if (this.#over) action();
    else this.#atEnd.add(action);
    return () => void this.#atEnd.delete(action);
  }

  /** To be called before what only the holder may do. @throws LeaseLost if the lease is over. */
  ensureHeld(): void {
    if (this.held) return;
    this.#expire();
    throw this.signal.reason ?? new LeaseLost(this.session_id, 'it was released');
  }

  /**
   * Renews the lease now, as it also is by itself.
   * @throws LeaseLost; ConnectionFailed or TeleGateError if the service can't be reached, which loses nothing yet.
   */
  async renew(): Promise<void> {
    const { session_id, lease_id, ttl } = this;
    const sentAt = this.#http.runtime.monotonic();
    try {
      const timeoutMs = Math.min(RENEW_MS, this.#intervalMs);
      const input = { body: { session_id, lease_id, ttl } };
      await this.#http.attempt({ operation: 'POST /heartbeat', input, timeoutMs });
    } catch (error) {
      if (this.#over || !saysLeaseLost(error)) throw error;
      throw this.#lose('the service says so', error);
    }
    this.#failures = 0;
    if (this.#over) return;
    // The service counts from when it has received the request, which is later.
    this.#deadline = Math.max(this.#deadline, this.#deadlineFrom(sentAt));
    this.#expireOnTime();
  }

  /**
   * Gives the session back. @throws LeaseLost if it was lost before; ConnectionFailed or TeleGateError if the service
   * has not taken it back in time: then the lease runs out.
   */
  async release(options: ReleaseOptions = {}): Promise<void> {
    const { floodWait, method, within = LEAVE_MS / 1000 } = options;
    this.#end();
    const flood = floodWait === undefined ? {} : { flood_wait: Math.ceil(floodWait) };
    await this.#call('POST /release', { ...flood, ...(method !== undefined && { method }) }, within);
    this.#isReturned = true;
  }

  /**
   * Reports an error of GramJS, teleproto or mtcute, or Telegram's name for it; the answer says what to do. If it takes
   * the session out of the pool, the lease is over. What is not Telegram's is not sent: `retry`.
   * @throws LeaseLost; TeleGateError; ConnectionFailed.
   */
  async report(
    error: unknown,
    { method, channel }: { readonly method?: string; readonly channel?: string } = {},
  ): Promise<Advice> {
    if (error instanceof LeaseLost) return { action: 'swap', status: 'lease_lost' };
    const named = telegramError(error);
    if (named === null) return { action: 'retry', status: 'unchanged' };
    this.#reported = [...causesOf(error)];
    const called = method ?? named.method;
    const about = channel === undefined ? {} : { channel };
    const fields = { error: named.error, ...(called !== null && { method: called }), ...about };
    const advice = await this.#call('POST /report', fields, REPORT_MS / 1000);
    const { status } = advice;
    if ((status === 'floodwait' && called === null) || status === 'dead' || status === 'invalidated')
      this.#handOver(`${named.error} was reported`);
    return advice;
  }

  /** Saves up to 200 channels that it knows now. `resolved` false: not by name, which counts. @throws as `release`. */
  async savePeers(peers: Part<'POST /peers', 'body'>['peers'], resolved = true): Promise<void> {
    await this.#call('POST /peers', { peers, resolved });
  }

  /** Records a flood wait: of one method, or of the session, which ends the lease. @throws as `release`. */
  async floodWait(seconds: number, method?: string): Promise<Answer<'POST /floodwait'>> {
    const fields = { wait_seconds: Math.ceil(seconds), ...(method !== undefined && { method }) };
    const answer = await this.#call('POST /floodwait', fields);
    if (method === undefined) this.#handOver('a flood wait was recorded');
    return answer;
  }

  /** Takes the session out of the pool until someone restores it, which ends the lease. @throws as `release`. */
  async invalidate(reason?: string): Promise<void> {
    await this.#call('POST /invalidate', reason === undefined ? {} : { reason });
    this.#handOver('it was invalidated');
  }

  /** Reports the error if it is Telegram's and new, then releases; takes ten seconds at most, and never rejects. */
  async leave(error?: unknown): Promise<void> {
    const isKnown = [...causesOf(error)].some((one) => this.#reported.includes(one));
    const reported = this.held && !isKnown && telegramError(error) !== null;
    if (reported) await this.report(error).catch(() => {});
    if (this.#isReturned) return;
    const within = (reported ? LEAVE_MS - REPORT_MS : LEAVE_MS) / 1000;
    await this.release({ within }).catch(() => {});
  }

  /** Releases, at the end of `await using`. Never rejects: an error of the work must not be hidden. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** What `pool.resume` needs after a restart; without secrets. */
  toJSON(): LeaseDetails & { readonly ttl: number } {
    const { session_string, session_data, proxy, ...rest } = this.details;
    return { ...rest, ...(proxy && { proxy: { ...proxy, pass: null } }), ttl: this.ttl };
  }

  /** A call about this lease. @throws LeaseLost if the service says that it is over. */
  async #call<
    Op extends 'POST /release' | 'POST /report' | 'POST /peers' | 'POST /floodwait' | 'POST /invalidate',
  >(
    operation: Op,
    fields: Omit<Part<Op, 'body'>, keyof LeaseReference>,
    within?: number,
  ): Promise<Answer<Op>> {
    const { session_id, lease_id } = this;
    const input = { body: { session_id, lease_id, ...fields } };
    // With its repeats it ends in time: the last attempt begins after half of that at most.
    const limits = within === undefined ? {} : { timeout: within / 2, retryFor: within / 2 };
    try {
      return await this.#http.call(operation, input as unknown as Input<Op>, limits);
    } catch (error) {
      throw saysLeaseLost(error) ? this.#lose('the service says so', error) : error;
    }
  }

  get #intervalMs(): number {
    return Math.min((this.ttl * 1000) / 3, LONGEST_INTERVAL_MS);
  }

  #deadlineFrom(grantedAt: number): number {
    const ttlMs = this.ttl * 1000;
    return grantedAt + ttlMs - Math.min(MARGIN_MS, ttlMs / 10);
  }

  #follow(signal: AbortSignal | undefined): void {
    if (!signal) return;
    const abort = () => this.#controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    this.#stopFollowing = () => signal.removeEventListener('abort', abort);
  }

  #expireOnTime(): void {
    const { runtime } = this.#http;
    this.#stopDeadline();
    this.#stopDeadline = runtime.after(this.#deadline - runtime.monotonic(), () => this.#expire(), true);
  }

  #renewAfter(milliseconds: number): void {
    const { runtime } = this.#http;
    this.#stopRenewal();
    this.#stopRenewal = runtime.after(milliseconds, () => void this.#renewInTime(), true);
  }

  /** Goes on until the lease is over, whatever happens. */
  async #renewInTime(): Promise<void> {
    // A process that was stopped wakes up to timers of long ago.
    if (!this.held) return this.#expire();
    let next = this.#intervalMs;
    try {
      await this.renew();
    } catch (error) {
      this.#lastFailure = error;
      next = Math.min(Math.max(backoff(this.#failures), retryAfterMs(error)), this.#intervalMs);
      this.#failures += 1;
    }
    if (!this.#over) this.#renewAfter(next);
  }

  #expire(): void {
    if (!this.#over) this.#lose('it was not renewed in time', this.#lastFailure);
  }

  /** The service has taken the session out of the pool. */
  #handOver(why: string): void {
    this.#isReturned = true;
    this.#lose(why);
  }

  #lose(why: string, cause?: unknown): LeaseLost {
    const lost = new LeaseLost(this.session_id, why, cause);
    this.#end();
    this.#controller.abort(lost);
    return lost;
  }

  /** Nothing is left that could fire. */
  #end(): void {
    this.#over = true;
    this.#stopDeadline();
    this.#stopRenewal();
    this.#stopFollowing();
    for (const action of this.#atEnd) action();
    this.#atEnd.clear();
  }
}
