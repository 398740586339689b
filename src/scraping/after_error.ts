import { TelegramFlood, TelegramRefused, TelegramTimeout, TelegramUnreachable } from '../telegram/errors.js';
import { isStaleFile } from './refused_files.js';
import { LeaseLost } from './run_lease.js';

/** What a run does after an error of Telegram's: `sleep`: with the same session, after so many seconds. */
export type NextStep =
  | { readonly kind: 'sleep'; readonly seconds: number }
  /** With another session, from where it stands; the pool is told. */
  | { readonly kind: 'swap' }
  /** With the same session, the channel resolved anew. */
  | { readonly kind: 'resolve' }
  /** Once more after a moment, from where it stands: it says nothing of the session. */
  | { readonly kind: 'again' }
  | { readonly kind: 'fail'; readonly message: string };

/** There is no such channel, whoever asks. */
const UNKNOWN_CHANNEL: ReadonlySet<string> = new Set([
  'USERNAME_NOT_OCCUPIED',
  'USERNAME_INVALID',
  'CHANNEL_PUBLIC_GROUP_NA',
]);

/** The session is not let in, or what it knows of the channel is out of date. */
const NOT_LET_IN: ReadonlySet<string> = new Set([
  'CHANNEL_PRIVATE',
  'CHAT_ADMIN_REQUIRED',
  'USER_BANNED_IN_CHANNEL',
]);
const STALE_PEER: ReadonlySet<string> = new Set(['CHANNEL_INVALID', 'PEER_ID_INVALID', 'CHAT_ID_INVALID']);

/** What the run may still do about it. */
export interface Circumstances {
  /** A flood wait of at most so many seconds is slept through. */
  readonly floodSleepMaxSeconds: number;
  /** Another session may read the channel as well. */
  readonly anySession: boolean;
  /** The channel was resolved anew already, for this session. */
  readonly resolvedAnew: boolean;
}

/** Decides what a run does after an error. Null: it is none of Telegram's, and ends the run. */
export function afterError(error: unknown, around: Circumstances): NextStep | null {
  if (error instanceof LeaseLost) return { kind: 'swap' };
  if (error instanceof TelegramFlood) {
    const seconds = error.retryAfterSeconds;
    return seconds <= around.floodSleepMaxSeconds ? { kind: 'sleep', seconds } : { kind: 'swap' };
  }
  if (error instanceof TelegramTimeout || error instanceof TelegramUnreachable) return { kind: 'again' };
  if (!(error instanceof TelegramRefused)) return null;
  const { telegramError } = error;
  if (isStaleFile(telegramError)) return { kind: 'again' };
  if (UNKNOWN_CHANNEL.has(telegramError)) {
    return { kind: 'fail', message: `Telegram knows no such channel (${telegramError})` };
  }
  if (STALE_PEER.has(telegramError) && !around.resolvedAnew) return { kind: 'resolve' };
  if (NOT_LET_IN.has(telegramError) || STALE_PEER.has(telegramError)) {
    if (around.anySession) return { kind: 'swap' };
    return { kind: 'fail', message: `The session is not in the channel (${telegramError})` };
  }
  return { kind: 'swap' };
}
