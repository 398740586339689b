import { Unavailable } from '../kernel/errors.js';
import { exponentialDelays, type RetryBudget } from '../kernel/retry.js';
import { ResolveBudgetSpent } from '../peers/service.js';
import { LeaseLost, RunCancelled, RunLost, type RunOutcome, ServiceStopping } from '../runs/engine.js';
import { TelegramFlood, TelegramRefused, TelegramTimeout, TelegramUnreachable } from '../telegram/errors.js';

/** How long a run waits after each failure of its target in a row; after one more it fails. */
export const TARGET_RETRY_DELAYS_MS = exponentialDelays(19, 1_000, 32_000);

/**
 * How long a run waits after each failure in a row that says nothing about the session that reads, such as a lost
 * connection; after one more it is deferred.
 */
export const TELEGRAM_RETRY_DELAYS_MS = exponentialDelays(5, 1_000, 32_000);

/** What a run does after an error of Telegram's. It always continues where it stopped. */
export type RecoveryAction =
  /** Continues with the same reader after so many seconds. */
  | { readonly kind: 'sleep'; readonly seconds: number }
  /** Continues with another reader. */
  | { readonly kind: 'switch' }
  /** Continues with the same reader, which resolves the channel again. */
  | { readonly kind: 'resolve' }
  /** Continues with the same reader after the delay of its retry budget. */
  | { readonly kind: 'retry' }
  | { readonly kind: 'fail'; readonly message: string };

/** The channel does not exist, for any account. */
const UNKNOWN_CHANNEL: ReadonlySet<string> = new Set([
  'USERNAME_NOT_OCCUPIED',
  'USERNAME_INVALID',
  'CHANNEL_PUBLIC_GROUP_NA',
]);

/** The reader has no access to the channel. */
const NO_ACCESS: ReadonlySet<string> = new Set([
  'CHANNEL_PRIVATE',
  'CHAT_ADMIN_REQUIRED',
  'USER_BANNED_IN_CHANNEL',
]);

/** What the reader knows of the channel is out of date, or it has no access. */
const STALE_PEER: ReadonlySet<string> = new Set(['CHANNEL_INVALID', 'PEER_ID_INVALID', 'CHAT_ID_INVALID']);

/** What the run may still do about an error. */
export interface RecoveryOptions {
  /** The longest flood wait that a run sleeps through, in seconds. */
  readonly floodSleepMaxSeconds: number;
  /** Any session may read the channel, not just one. */
  readonly anySession: boolean;
  /** The reader has just resolved the channel again. */
  readonly resolvedAgain: boolean;
}

/** Decides what a run does after an error. Null: the error is not Telegram's, and ends the run. */
export function recoveryAfter(error: unknown, options: RecoveryOptions): RecoveryAction | null {
  if (error instanceof LeaseLost || error instanceof ResolveBudgetSpent) return { kind: 'switch' };
  if (error instanceof TelegramFlood) {
    const seconds = error.retryAfterSeconds;
    return seconds <= options.floodSleepMaxSeconds ? { kind: 'sleep', seconds } : { kind: 'switch' };
  }
  if (error instanceof TelegramTimeout || error instanceof TelegramUnreachable) return { kind: 'retry' };
  return error instanceof TelegramRefused ? recoveryAfterRefusal(error.telegramError, options) : null;
}

function recoveryAfterRefusal(telegramError: string, options: RecoveryOptions): RecoveryAction {
  if (isStaleFile(telegramError)) return { kind: 'retry' };
  if (UNKNOWN_CHANNEL.has(telegramError)) {
    return { kind: 'fail', message: `Telegram knows no such channel (${telegramError})` };
  }
  const isStale = STALE_PEER.has(telegramError);
  if (isStale && !options.resolvedAgain) return { kind: 'resolve' };
  if ((isStale || NO_ACCESS.has(telegramError)) && !options.anySession) {
    return { kind: 'fail', message: `The session is not a member of the channel (${telegramError})` };
  }
  return { kind: 'switch' };
}

/** Whether Telegram's error says that the session has no access to the channel: trying again is no use. */
export function deniesAccess(telegramError: string): boolean {
  return STALE_PEER.has(telegramError) || NO_ACCESS.has(telegramError);
}

/** Whether a file can be downloaded once its message was read again: the reference to the file is too old. */
function isStaleFile(telegramError: string): boolean {
  return telegramError.startsWith('FILE_REFERENCE_');
}

/**
 * How long the same reader waits before it continues, in milliseconds; null: another reader takes over. `position`: how
 * far the run has come, which its retry budget goes by.
 */
export function delayBefore(
  action: Exclude<RecoveryAction, { readonly kind: 'fail' }>,
  retryBudget: RetryBudget,
  position: number,
): number | null {
  switch (action.kind) {
    case 'sleep':
      return action.seconds * 1000;
    case 'retry':
      return retryBudget.delayAfterFailure(position);
    case 'resolve':
      return 0;
    case 'switch':
      return null;
  }
}

/** The file can't be downloaded with any account. */
const FILE_REFUSED = /^(FILE_|LOCATION_INVALID$)/;

/** What becomes of a file after the error of its download. */
export type FileRecovery =
  | { readonly kind: 'skip'; readonly reason: string }
  /** Its page is read again: the file can be downloaded then. */
  | { readonly kind: 'read_again' }
  /** The error is not the file's, and ends the page. */
  | { readonly kind: 'fail' };

/** Decides what becomes of a file. `readAgain`: its message was read again already, which is worth it once. */
export function fileRecoveryAfter(error: unknown, readAgain: boolean): FileRecovery {
  if (!(error instanceof TelegramRefused && FILE_REFUSED.test(error.telegramError))) return { kind: 'fail' };
  if (isStaleFile(error.telegramError) && !readAgain) return { kind: 'read_again' };
  return { kind: 'skip', reason: `Telegram refuses it (${error.telegramError})` };
}

/** A run for which the service itself was not available is tried again after so long, in milliseconds. */
const UNAVAILABLE_RETRY_MS = 1_000;

/** What becomes of a run whose execution was interrupted. `released`: it is not this replica's any more. */
export type InterruptedRun =
  | { readonly kind: 'released' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'deferred'; readonly error: string; readonly notBefore: number }
  | { readonly kind: 'failed'; readonly error: string };

/** Decides what becomes of a run whose execution ended with an error, or was aborted for `reason`. */
export function afterInterruption(reason: unknown, now: number): InterruptedRun {
  if (reason instanceof RunLost) return { kind: 'released' };
  if (reason instanceof RunCancelled) return { kind: 'cancelled' };
  if (reason instanceof ServiceStopping) {
    return { kind: 'deferred', error: 'the service stopped', notBefore: now };
  }
  if (reason instanceof Unavailable) {
    const error = 'the service or its database was not available';
    return { kind: 'deferred', error, notBefore: now + UNAVAILABLE_RETRY_MS };
  }
  return { kind: 'failed', error: UNEXPECTED_ERROR };
}

/** The error of a run that failed for no reason of its source, target or sessions. */
export const UNEXPECTED_ERROR = 'an unexpected error; see the service log';

/** A run that found no session queues again after so long, behind the runs that wait already. Milliseconds. */
const REQUEUE_MS = 1_000;

/** How long until a run that no reader can serve now is retried, in milliseconds. */
const DEFER_MS = 30_000;

/** What becomes of a run for which no session came free in time. */
export function noSessionFree(now: number): RunOutcome {
  return { kind: 'deferred', error: 'no session is free', notBefore: now + REQUEUE_MS };
}

/** What becomes of a run whose retry budget for Telegram is exhausted. */
export function telegramUnreachable(now: number): RunOutcome {
  return { kind: 'deferred', error: "Telegram can't be reached", notBefore: now + DEFER_MS };
}

/**
 * What becomes of a run that was given a session without access to the channel a second time: all others that could be
 * leased had their turn. `states`: how many sessions of the pool are in each state; `tried`: how many have no access.
 */
export function allSessionsDenied(
  states: Readonly<Record<'free' | 'leased' | 'cooldown' | 'flood' | 'used_up', number>>,
  tried: number,
  now: number,
): RunOutcome {
  const { free, leased, cooldown, flood, used_up } = states;
  const untried = free + leased + cooldown + flood + used_up - tried;
  if (untried <= 0) {
    return { kind: 'failed', error: `None of the sessions has access to the channel (${tried} tried)` };
  }
  return {
    kind: 'deferred',
    error: `${untried} sessions that were not tried are not free`,
    notBefore: now + DEFER_MS,
  };
}
