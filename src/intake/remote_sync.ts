import type { Logger } from 'winston';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.js';
import { fitting } from '../cluster/fitting.js';
import { Conflict, Failed, TeleGateError, Unavailable } from '../kernel/errors.js';
import type { Timers } from '../kernel/timers.js';
import type { SyncService } from './sync.js';
import type { SyncOptions, SyncReport } from './sync_run.js';

/** A sync is requested: does any replica have the directory? */
const REQUEST = 'sync.request';
const requestMessage = z.object({ id: z.string() });

/** The replica `by` can do it. */
const OFFER = 'sync.offer';
const offerMessage = requestMessage.extend({ by: z.string() });

/** The replica `by` must do it, and no other. */
const ASSIGN = 'sync.assign';
const assignMessage = offerMessage.extend({ dryRun: z.boolean(), force: z.boolean() });

const report = z.object({
  added: z.int(),
  removed: z.int(),
  updated: z.int(),
  missing: z.int(),
  total: z.int(),
  rejected: z.array(z.object({ file: z.string(), reason: z.string() })),
  rejectedTotal: z.int(),
  unsettled: z.array(z.string()),
});

const detail = z.looseObject({ error: z.string() });

/** The result of a sync: its report, or why there is none, by the class of its error. */
const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('report'), report }),
  z.object({ kind: z.literal('conflict'), detail }),
  z.object({
    kind: z.literal('unavailable'),
    detail: z.union([z.string(), detail]),
    code: z.string(),
    retryAfterSeconds: z.int(),
  }),
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string() }),
]);
type SyncOutcome = z.infer<typeof outcome>;

/** The sync is done, or was refused. */
const DONE = 'sync.done';
const doneMessage = requestMessage.extend({ outcome });

/** How long the other replicas may take to offer the sync, in milliseconds. */
const OFFER_MS = 5_000;

/** How long a sync may take before its caller is told to retry, in milliseconds. */
const DONE_MS = 60_000;

/** How many syncs may be requested at once. */
const MAX_REQUESTS = 100;

export interface RemoteSyncParts {
  readonly cluster: Cluster;
  readonly timers: Timers;
  readonly newId: () => string;
}

/** A sync that was requested. */
interface PendingSync {
  readonly options: SyncOptions;
  readonly settle: (finish: () => SyncReport) => void;
  assigned: boolean;
  stopTimer: () => void;
}

/** Makes a replica that has SESSIONS_DIR sync it, on behalf of this one, which runs with SESSIONS_SYNC=off. */
export class RemoteSync {
  readonly #parts: RemoteSyncParts;
  readonly #pending = new Map<string, PendingSync>();

  constructor(parts: RemoteSyncParts) {
    this.#parts = parts;
    const { cluster } = parts;
    cluster.onTold(OFFER, (data) => {
      const { success, data: offer } = offerMessage.safeParse(data);
      if (success) this.#assign(offer.id, offer.by);
    });
    cluster.onTold(DONE, (data) => {
      const { success, data: done } = doneMessage.safeParse(data);
      if (success) this.#pending.get(done.id)?.settle(() => reportOf(done.outcome));
    });
  }

  /**
   * As `SyncService.sync`, with the first entries of the report's lists.
   * @throws what that throws; Unavailable if no replica has the directory, or if the sync takes longer than a minute:
   * it then continues.
   */
  sync(options: SyncOptions = {}): Promise<SyncReport> {
    const { cluster, newId } = this.#parts;
    if (this.#pending.size >= MAX_REQUESTS) {
      return Promise.reject(
        new Unavailable('Too many syncs are requested at once', 5, { code: 'too_many_syncs' }),
      );
    }
    return new Promise((resolve, reject) => {
      const id = newId();
      const settle = (finish: () => SyncReport) => {
        pending.stopTimer();
        this.#pending.delete(id);
        try {
          resolve(finish());
        } catch (error) {
          reject(error);
        }
      };
      const stopTimer = this.#parts.timers.after(OFFER_MS, () => settle(throwUnanswered));
      const pending: PendingSync = { options, settle, assigned: false, stopTimer };
      this.#pending.set(id, pending);
      cluster.tell(REQUEST, { id });
    });
  }

  /** Stops waiting for answers. */
  close(): void {
    for (const { settle } of this.#pending.values()) settle(throwStopping);
  }

  /** The first replica that offers it does it. */
  #assign(id: string, by: string): void {
    const pending = this.#pending.get(id);
    if (!pending || pending.assigned) return;
    const { dryRun = false, force = false } = pending.options;
    pending.assigned = true;
    pending.stopTimer();
    pending.stopTimer = this.#parts.timers.after(DONE_MS, () => pending.settle(throwLate));
    this.#parts.cluster.tell(ASSIGN, { id, by, dryRun, force });
  }
}

function throwUnanswered(): never {
  const message =
    'No replica that has the sessions directory answers: one must run with SESSIONS_SYNC=on and the same DATABASE_URL';
  throw new Unavailable({ error: 'no_sessions_directory', message }, 10);
}

function throwLate(): never {
  const message =
    'The replica that syncs the session files has not finished after a minute. It continues if it is still running: ' +
    'check its /ready and its log, and try again';
  throw new Unavailable({ error: 'sync_under_way', message }, 30);
}

function throwStopping(): never {
  throw new Unavailable('The service is stopping', 1, { code: 'shutting_down' });
}

export interface SyncResponderParts {
  readonly cluster: Cluster;
  readonly sync: Pick<SyncService, 'sync'>;
  /** Unique among the replicas. */
  readonly replicaId: string;
  readonly logger: Logger;
}

/** Syncs SESSIONS_DIR for the replicas that don't have it, whenever one of them requests it. */
export function answerSyncRequests(parts: SyncResponderParts): void {
  const { cluster, replicaId: by } = parts;
  cluster.onTold(REQUEST, (data) => {
    const { success, data: request } = requestMessage.safeParse(data);
    if (success) cluster.tell(OFFER, { id: request.id, by });
  });
  cluster.onTold(ASSIGN, (data) => {
    const { success, data: assigned } = assignMessage.safeParse(data);
    if (!success || assigned.by !== by) return;
    const { id, dryRun, force } = assigned;
    void syncFor(parts, { dryRun, force }).then((outcome) => cluster.tell(DONE, { id, outcome }));
  });
}

async function syncFor({ sync, logger }: SyncResponderParts, options: SyncOptions): Promise<SyncOutcome> {
  try {
    return { kind: 'report', report: truncatedReport(await sync.sync(options)) };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) return refusal;
    logger.error('a sync that another replica requested failed', { error });
    const message = 'The sync failed at the replica that has the sessions directory';
    return { kind: 'failed', code: 'sync_failed', message };
  }
}

/** The space for a report in a message, in bytes of JSON; the rest of it takes a few hundred. */
const REJECTED_BYTES = 4_500;
const UNSETTLED_BYTES = 1_500;

/** The maximum length of a reason, which may contain a long path, in characters. */
const MAX_REASON_LENGTH = 1_000;

/** A report that fits into a message: the first entries of its lists, with their full totals. */
export function truncatedReport<Report extends Pick<SyncReport, 'rejected' | 'unsettled'>>(report: Report) {
  const rejected = fitting(report.rejected, REJECTED_BYTES);
  return { ...report, rejected, unsettled: fitting(report.unsettled, UNSETTLED_BYTES) };
}

/** Why there is no report, as far as callers may be told; null: an unexpected error. */
function refusalOf(error: unknown): SyncOutcome | null {
  if (error instanceof Conflict) return { kind: 'conflict', detail: { ...error.detail } };
  if (error instanceof Unavailable) {
    const { code, detail, retryAfterSeconds } = error;
    return {
      kind: 'unavailable',
      detail: typeof detail === 'string' ? detail : { ...detail },
      code,
      retryAfterSeconds,
    };
  }
  if (!(error instanceof TeleGateError)) return null;
  return { kind: 'failed', code: error.code, message: error.message.slice(0, MAX_REASON_LENGTH) };
}

/** The received report. @throws the other replica's error, as if it had occurred here. */
function reportOf(outcome: SyncOutcome): SyncReport {
  if (outcome.kind === 'report') return outcome.report;
  if (outcome.kind === 'conflict') throw new Conflict(outcome.detail);
  const { code } = outcome;
  if (outcome.kind === 'failed') throw new Failed(outcome.message, { code });
  throw new Unavailable(outcome.detail, outcome.retryAfterSeconds, { code });
}
