import type { Cluster } from '../cluster/cluster.js';
import { NotFound, TeleGateError, Unavailable } from '../kernel/errors.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import type { Timers } from '../kernel/timers.js';
import type { PoolService } from '../pool/service.js';
import type { SessionChecks } from './checks.js';
import type { SessionService } from './service.js';

/** What can be done to many sessions at once. */
export const BULK_ACTIONS = ['invalidate', 'restore', 'tag', 'untag', 'test', 'delete', 'proxy'] as const;

/** An action, with what it needs. */
export type BulkAction =
  | { readonly action: 'invalidate'; readonly reason: string | null }
  | { readonly action: 'restore' | 'test' | 'delete' }
  | { readonly action: 'tag' | 'untag'; readonly tags: readonly string[] }
  /** Null: a direct connection. */
  | { readonly action: 'proxy'; readonly proxy: ProxyAddress | null };

/** The audit log's name of each action. */
export const AUDITED_AS: Readonly<Record<BulkAction['action'], string>> = {
  invalidate: 'session.invalidate',
  restore: 'session.restore',
  tag: 'session.change',
  untag: 'session.change',
  test: 'session.test',
  delete: 'session.delete',
  proxy: 'session.change',
};

/** The maximum number of sessions of one action. */
export const MAX_BULK_SESSIONS = 1000;

/** The maximum number of tags of a session. */
const MAX_TAGS = 20;

/** How many actions on many sessions run at once. */
const MAX_BULKS = 4;

/** How many sessions of one action are worked on at once: Telegram takes longer than the database. */
const CONCURRENT = { test: 8, others: 16 } as const;

/** No client waits longer; what is not done by then is for another request. In milliseconds. */
const MAX_MS = 240_000;

/** Progress is published at most this often, in milliseconds. */
const PUBLISH_MS = 250;

/** The topic on which replicas are asked to cancel an action. */
const CANCEL = 'bulk cancel';

/** What became of one session. */
export type BulkResult =
  | { readonly sessionId: number; readonly ok: true; readonly check: BulkCheck | null }
  | ({ readonly sessionId: number; readonly ok: false } & BulkRefusal);

/** Why nothing was done to a session. */
export interface BulkRefusal {
  readonly code: string;
  readonly detail: string;
  /** The source that reads with it, where that is the reason. */
  readonly source?: { readonly id: number; readonly name: string };
}

/** What Telegram said of a session that was tested. */
export interface BulkCheck {
  readonly isValid: boolean;
  readonly status: string;
  readonly error: string | null;
}

/** How far an action is. */
export interface BulkProgress {
  readonly bulk_id: string;
  readonly action: BulkAction['action'];
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly state: 'running' | 'finished' | 'cancelled';
}

export interface BulkParts {
  readonly service: Pick<SessionService, 'session' | 'change' | 'remove'>;
  readonly checks: Pick<SessionChecks, 'check'>;
  readonly pool: Pick<PoolService, 'block' | 'restore'>;
  readonly cluster: Pick<Cluster, 'tell' | 'onTold'>;
  readonly publish: (progress: BulkProgress) => void;
  readonly timers: Timers;
}

export interface BulkRequest {
  readonly bulkId: string;
  readonly ids: readonly number[];
  readonly action: BulkAction;
  /** The admin's key. */
  readonly holder: string;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** Records that the action was done to the session. */
  readonly record: (sessionId: number) => Promise<void>;
}

/** Actions on many sessions: each session by itself, as if it were the only one. */
export class SessionBulk {
  readonly #parts: BulkParts;
  readonly #running = new Map<string, AbortController>();

  constructor(parts: BulkParts) {
    this.#parts = parts;
    parts.cluster.onTold(CANCEL, (id) => this.#running.get(String(id))?.abort());
  }

  /**
   * Resolves to what became of each session, in the order of the ids. Those that were not begun when it was cancelled,
   * or took too long, have the code `cancelled`. @throws Unavailable while too many actions run.
   */
  async run(request: BulkRequest): Promise<readonly BulkResult[]> {
    const { bulkId, signal } = request;
    if (this.#running.size >= MAX_BULKS || this.#running.has(bulkId)) {
      const message = 'Too many actions on many sessions are running: try again in a moment';
      throw new Unavailable({ error: 'too_many_bulks', message }, 1);
    }
    const cancelling = new AbortController();
    this.#running.set(bulkId, cancelling);
    const stopTimer = this.#parts.timers.after(MAX_MS, () => cancelling.abort());
    const cancelled = AbortSignal.any([signal, cancelling.signal]);
    const progress = new Progress(request, this.#parts);
    try {
      const results = await this.#all(request, cancelled, progress);
      progress.end(cancelled.aborted ? 'cancelled' : 'finished');
      return results;
    } finally {
      stopTimer();
      this.#running.delete(bulkId);
    }
  }

  /** Cancels an action, at whichever replica it runs: what was begun is finished. */
  cancel(bulkId: string): void {
    this.#running.get(bulkId)?.abort();
    this.#parts.cluster.tell(CANCEL, bulkId);
  }

  async #all(
    { ids, action, holder, record }: BulkRequest,
    cancelled: AbortSignal,
    progress: Progress,
  ): Promise<BulkResult[]> {
    const results: BulkResult[] = ids.map((sessionId) => ({
      ...{ sessionId, ok: false, code: 'cancelled', detail: 'It was not begun' },
    }));
    const rest = ids.entries();
    const work = async () => {
      for (const [at, sessionId] of rest) {
        if (cancelled.aborted) return;
        const result = await this.#one(sessionId, action, holder, record);
        results[at] = result;
        progress.add(result.ok);
      }
    };
    const concurrent = action.action === 'test' ? CONCURRENT.test : CONCURRENT.others;
    await Promise.all(Array.from({ length: concurrent }, work));
    return results;
  }

  async #one(
    sessionId: number,
    action: BulkAction,
    holder: string,
    record: BulkRequest['record'],
  ): Promise<BulkResult> {
    try {
      const check = await this.#carryOut(sessionId, action, holder);
      await record(sessionId);
      return { sessionId, ok: true, check };
    } catch (error) {
      return { sessionId, ok: false, ...refusalOf(error) };
    }
  }

  async #carryOut(id: number, wanted: BulkAction, holder: string): Promise<BulkCheck | null> {
    const { service, checks, pool } = this.#parts;
    switch (wanted.action) {
      case 'invalidate': {
        const caller = { holder, admin: true, leaseId: null, address: null, leaseIds: 'compatible' } as const;
        const { reason } = wanted;
        if (!(await pool.block(id, caller, { kind: 'invalidate', reason }))) throw new NotFound('Session');
        return null;
      }
      case 'restore':
        await pool.restore(id);
        return null;
      case 'tag':
      case 'untag':
        await this.#retag(id, wanted, holder);
        return null;
      case 'test': {
        const { isValid, status, error } = await checks.check(id);
        return { isValid, status, error };
      }
      case 'delete':
        await service.remove(id);
        return null;
      case 'proxy':
        await service.change(id, holder, { proxy: wanted.proxy });
        return null;
    }
  }

  async #retag(
    id: number,
    { action, tags: given }: Extract<BulkAction, { readonly tags: unknown }>,
    holder: string,
  ): Promise<void> {
    const { service } = this.#parts;
    const { tags: before } = await service.session(id);
    const tags =
      action === 'tag' ? [...new Set([...before, ...given])] : before.filter((tag) => !given.includes(tag));
    if (tags.length > MAX_TAGS) throw new TooManyTags();
    if (tags.length !== before.length) await service.change(id, holder, { tags });
  }
}

/** A session would have more tags than it may. */
class TooManyTags extends TeleGateError<string> {
  readonly status = 409;

  constructor() {
    super(`A session has at most ${MAX_TAGS} tags`, { code: 'too_many_tags' });
  }
}

/** Publishes how far an action is, a few times a second. */
class Progress {
  readonly #request: BulkRequest;
  readonly #parts: Pick<BulkParts, 'publish' | 'timers'>;
  #done = 0;
  #failed = 0;
  #stopTimer: (() => void) | null = null;

  constructor(request: BulkRequest, parts: Pick<BulkParts, 'publish' | 'timers'>) {
    this.#request = request;
    this.#parts = parts;
    this.#publish('running');
  }

  add(ok: boolean): void {
    this.#done += 1;
    if (!ok) this.#failed += 1;
    this.#stopTimer ??= this.#parts.timers.after(PUBLISH_MS, () => {
      this.#stopTimer = null;
      this.#publish('running');
    });
  }

  end(state: 'finished' | 'cancelled'): void {
    this.#stopTimer?.();
    this.#publish(state);
  }

  #publish(state: BulkProgress['state']): void {
    const { bulkId, ids, action } = this.#request;
    const counts = { total: ids.length, done: this.#done, failed: this.#failed };
    this.#parts.publish({ bulk_id: bulkId, action: action.action, ...counts, state });
  }
}

function refusalOf(error: unknown): BulkRefusal {
  if (!(error instanceof TeleGateError)) return { code: 'internal_error', detail: 'Internal Server Error' };
  const { code, message, detail } = error;
  const { source_id: id, source_name: name } = detail as Readonly<Record<string, unknown>>;
  return {
    ...{ code, detail: message },
    ...(typeof id === 'number' && typeof name === 'string' && { source: { id, name } }),
  };
}
