import { Conflict, Failed, TeleGateError, Unavailable } from '../errors.js';
import type { SyncOutcome } from './sync_messages.js';
import type { SyncReport } from './sync_report.js';

/** What a message has room for, in bytes of JSON; the rest of it takes a few hundred. */
const REJECTED_BYTES = 4_500;
const UNSETTLED_BYTES = 1_500;

/** Of a reason, what is told: a path in it may be long. In characters. */
const REASON_LENGTH = 1_000;

/** A report that fits into a message: of its lists, the beginnings. Their totals stay what they are. */
export function fittingReport<Report extends Pick<SyncReport, 'rejected' | 'unsettled'>>(report: Report) {
  const rejected = fitting(report.rejected, REJECTED_BYTES);
  return { ...report, rejected, unsettled: fitting(report.unsettled, UNSETTLED_BYTES) };
}

/** The report as another replica is told it. */
export function toldReport(report: SyncReport): SyncOutcome {
  return { kind: 'report', report: fittingReport(report) };
}

/** Why there is no report, in so far as callers may be told; null: nobody expected it. */
export function toldRefusal(error: unknown): SyncOutcome | null {
  if (error instanceof Conflict) return { kind: 'conflict', detail: { ...error.detail } };
  if (error instanceof Unavailable) {
    const { detail, retryAfterSeconds } = error;
    return {
      kind: 'unavailable',
      detail: typeof detail === 'string' ? detail : { ...detail },
      retryAfterSeconds,
    };
  }
  if (!(error instanceof TeleGateError)) return null;
  return { kind: 'failed', message: error.message.slice(0, REASON_LENGTH) };
}

/** The report as it was told. @throws what kept the other replica from it, as if it had been here. */
export function heard(outcome: SyncOutcome): SyncReport {
  if (outcome.kind === 'report') return outcome.report;
  if (outcome.kind === 'conflict') throw new Conflict(outcome.detail);
  if (outcome.kind === 'unavailable') throw new Unavailable(outcome.detail, outcome.retryAfterSeconds);
  throw new Failed(outcome.message);
}

/** The first of these that fit into so many bytes of JSON. */
function fitting<Item>(items: readonly Item[], bytes: number): Item[] {
  let room = bytes;
  const end = items.findIndex((item) => {
    room -= Buffer.byteLength(JSON.stringify(item)) + 1;
    return room < 0;
  });
  return items.slice(0, end === -1 ? items.length : end);
}
