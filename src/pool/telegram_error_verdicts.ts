import { DEAD_SESSION_ERRORS } from '../telegram/auth_key_errors.js';
import type { Freeze } from './store.js';

/** What a reported error does to the state of the session; `reason` is Telegram's name. */
export type Effect =
  | { readonly kind: 'none' }
  | { readonly kind: 'flood'; readonly seconds: number; readonly method: string | null }
  | { readonly kind: 'dead'; readonly reason: string }
  | { readonly kind: 'suspect'; readonly reason: string }
  | { readonly kind: 'limit'; readonly reason: string; readonly method: string | null }
  | ({ readonly kind: 'freeze'; readonly method: string | null } & Freeze);

/**
 * What the pool does about an error, and what the worker is told: `wait` (keep the session, call again after
 * `waitSeconds`), `swap` (lease another session), `stop` (never use this one again), `retry` (call again). A flood
 * without a method concerns the whole session. `suspect`: a second such report means dead, which the caller has to
 * check. `waitSeconds` is null if Telegram names no time.
 */
export interface Verdict {
  readonly action: 'wait' | 'swap' | 'stop' | 'retry';
  readonly effect: Effect;
  readonly waitSeconds: number | null;
}

/** The maximum wait that is accepted, in seconds: ten years. */
const MAX_WAIT_SECONDS = 10 * 31_536_000;

/** The longest wait, in seconds, for which a worker keeps its session instead of leasing another one. */
const MAX_WAIT_IN_PLACE_SECONDS = 60;

interface TelegramError {
  readonly name: string;
  /** The number at the end of the name, in seconds; null if it has none. */
  readonly seconds: number | null;
  readonly method: string | null;
}

const NO_EFFECT = { kind: 'none' } as const;
const RETRY: Verdict = { action: 'retry', effect: NO_EFFECT, waitSeconds: null };

const VERDICTS: ReadonlyMap<string, (error: TelegramError) => Verdict> = new Map([
  ['FLOOD_WAIT_', ({ seconds, method }: TelegramError) => floodVerdict(seconds ?? 0, method)],
  // Only file transfers are throttled, for an account without a subscription.
  [
    'FLOOD_PREMIUM_WAIT_',
    ({ seconds, method }: TelegramError) => floodVerdict(seconds ?? 0, method ?? 'upload.getFile'),
  ],
  // The chat's own limit, not the account's: every other chat works.
  [
    'SLOWMODE_WAIT_',
    ({ seconds }: TelegramError) => ({ action: 'wait', effect: NO_EFFECT, waitSeconds: seconds }),
  ],
  ['PEER_FLOOD', limitedVerdict],
  ['FROZEN_METHOD_INVALID', frozenVerdict],
  // Of a chat that the frozen account is not in: the method works in others.
  ['FROZEN_PARTICIPANT_MISSING', ({ name }: TelegramError) => frozenVerdict({ name, method: null })],
  ['AUTH_KEY_UNREGISTERED', suspectVerdict],
  ...[...DEAD_SESSION_ERRORS, 'PHONE_NUMBER_BANNED'].map((name) => [name, deadVerdict] as const),
]);

// Longer than any error that a client prints, and short enough to search quickly.
const MAX_ERROR_LENGTH = 2_000;

/**
 * The verdict on Telegram's error name, in any case and with text around it (`420 FLOOD_WAIT_35 (caused by …)`), for
 * the method that failed, if known: the first known name in it decides. Anything else (a network error, a timeout, a
 * 5xx, an unknown name) says nothing about the session: `retry`, no effect.
 */
export function judgeTelegramError(error: string, method: string | null): Verdict {
  const called = method?.trim() || null;
  for (const [token] of error
    .slice(0, MAX_ERROR_LENGTH)
    .toUpperCase()
    .matchAll(/[A-Z][A-Z0-9_]*/g)) {
    const [, name = token, digits] = /^([A-Z_]+_)(\d+)$/.exec(token) ?? [];
    const seconds = digits === undefined ? null : Math.min(Number(digits), MAX_WAIT_SECONDS);
    const verdict = endsAsKnown(name, seconds) ? VERDICTS.get(name) : undefined;
    if (verdict !== undefined) return verdict({ name, seconds, method: called });
  }
  return RETRY;
}

/** A name that ends in a number differs from the name without it. */
function endsAsKnown(name: string, seconds: number | null): boolean {
  return name.endsWith('_') === (seconds !== null);
}

function floodVerdict(seconds: number, method: string | null): Verdict {
  if (method === null || seconds > MAX_WAIT_IN_PLACE_SECONDS) {
    return { ...swapAfterFlood(seconds, method), waitSeconds: seconds };
  }
  return { action: 'wait', effect: { kind: 'flood', seconds, method }, waitSeconds: seconds };
}

function swapAfterFlood(seconds: number, method: string | null): Verdict {
  return { action: 'swap', effect: { kind: 'flood', seconds, method }, waitSeconds: null };
}

function limitedVerdict({ name, method }: TelegramError): Verdict {
  return { action: 'swap', effect: { kind: 'limit', reason: name, method }, waitSeconds: null };
}

/** A frozen account can only read, and only an appeal unfreezes it. */
function frozenVerdict({ name, method }: Pick<TelegramError, 'name' | 'method'>): Verdict {
  const effect = { reason: name, since: null, until: null, appealUrl: null };
  return { action: 'swap', effect: { kind: 'freeze', method, ...effect }, waitSeconds: null };
}

/** Telegram also says this for a moment while a session moves between data centres. */
function suspectVerdict({ name }: TelegramError): Verdict {
  return { action: 'retry', effect: { kind: 'suspect', reason: name }, waitSeconds: null };
}

function deadVerdict({ name }: TelegramError): Verdict {
  return { action: 'stop', effect: { kind: 'dead', reason: name }, waitSeconds: null };
}
