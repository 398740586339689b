/** What a reported error does to the state of the session; `reason` is Telegram's name. */
export type Effect =
  | { readonly kind: 'none' }
  | { readonly kind: 'flood'; readonly seconds: number; readonly method: string | null }
  | { readonly kind: 'dead'; readonly reason: string }
  | { readonly kind: 'suspect'; readonly reason: string }
  | { readonly kind: 'invalidate'; readonly reason: string };

/**
 * What the pool does about an error, and what its worker is told: `wait` (keep the session, call again after
 * `waitSeconds`), `swap` (take another session), `stop` (never use this one again), `retry` (call once more).
 * A flood without a method is the whole session's. `suspect`: a second such report means dead, which is for
 * the caller to find out. `waitSeconds` is null where Telegram names no time.
 */
export interface Verdict {
  readonly action: 'wait' | 'swap' | 'stop' | 'retry';
  readonly effect: Effect;
  readonly waitSeconds: number | null;
}

/** The longest wait believed, in seconds: ten years. Also how long a frozen account's method stays blocked. */
export const LONGEST_WAIT_SECONDS = 10 * 31_536_000;

/** The longest wait, in seconds, for which a worker keeps its session in place of taking another. */
export const LONGEST_WAIT_IN_PLACE_SECONDS = 60;

/** How long, in seconds, a `PEER_FLOOD` lasts here: Telegram does not say, and limits are counted by the day. */
export const PEER_FLOOD_SECONDS = 86_400;

interface Report {
  readonly name: string;
  /** The number at the end of the name, in seconds; null if it has none. */
  readonly seconds: number | null;
  readonly method: string | null;
}

const NO_EFFECT = { kind: 'none' } as const;
const RETRY: Verdict = { action: 'retry', effect: NO_EFFECT, waitSeconds: null };

const JUDGES: ReadonlyMap<string, (report: Report) => Verdict> = new Map([
  ['FLOOD_WAIT_', ({ seconds, method }: Report) => judgeFlood(seconds ?? 0, method)],
  // Only the transfer of files is slowed down, for an account without a subscription.
  [
    'FLOOD_PREMIUM_WAIT_',
    ({ seconds, method }: Report) => judgeFlood(seconds ?? 0, method ?? 'upload.getFile'),
  ],
  // The chat's own limit, not the account's: every other chat works.
  ['SLOWMODE_WAIT_', ({ seconds }: Report) => ({ action: 'wait', effect: NO_EFFECT, waitSeconds: seconds })],
  ['PEER_FLOOD', ({ method }: Report) => swapAfterFlood(PEER_FLOOD_SECONDS, method)],
  ['FROZEN_METHOD_INVALID', judgeFrozen],
  ['AUTH_KEY_UNREGISTERED', judgeSuspect],
  ['AUTH_KEY_DUPLICATED', judgeDead],
  ['AUTH_KEY_INVALID', judgeDead],
  ['SESSION_REVOKED', judgeDead],
  ['SESSION_EXPIRED', judgeDead],
  ['USER_DEACTIVATED', judgeDead],
  ['USER_DEACTIVATED_BAN', judgeDead],
  ['PHONE_NUMBER_BANNED', judgeDead],
]);

// Longer than any error a client prints, and short enough to search at once.
const LONGEST_ERROR = 2_000;

/**
 * Judges Telegram's own error name, in any case and with text around it (`420 FLOOD_WAIT_35 (caused by …)`),
 * for the method that failed, if known: the first known name in it decides. Anything else (a network error,
 * a time-out, a 5xx, an unknown name) says nothing about the session: `retry`, no effect.
 */
export function judgeReport(error: string, method: string | null): Verdict {
  const called = method?.trim() || null;
  for (const [token] of error
    .slice(0, LONGEST_ERROR)
    .toUpperCase()
    .matchAll(/[A-Z][A-Z0-9_]*/g)) {
    const [, name = token, digits] = /^([A-Z_]+_)(\d+)$/.exec(token) ?? [];
    const seconds = digits === undefined ? null : Math.min(Number(digits), LONGEST_WAIT_SECONDS);
    const judge = endsAsKnown(name, seconds) ? JUDGES.get(name) : undefined;
    if (judge !== undefined) return judge({ name, seconds, method: called });
  }
  return RETRY;
}

/** A name that ends in a number is another name without it, and the other way round. */
function endsAsKnown(name: string, seconds: number | null): boolean {
  return name.endsWith('_') === (seconds !== null);
}

function judgeFlood(seconds: number, method: string | null): Verdict {
  if (method === null || seconds > LONGEST_WAIT_IN_PLACE_SECONDS) {
    return { ...swapAfterFlood(seconds, method), waitSeconds: seconds };
  }
  return { action: 'wait', effect: { kind: 'flood', seconds, method }, waitSeconds: seconds };
}

function swapAfterFlood(seconds: number, method: string | null): Verdict {
  return { action: 'swap', effect: { kind: 'flood', seconds, method }, waitSeconds: null };
}

/** A frozen account can only read, and nothing but an appeal ends it. */
function judgeFrozen({ name, method }: Report): Verdict {
  if (method !== null) return swapAfterFlood(LONGEST_WAIT_SECONDS, method);
  return { action: 'swap', effect: { kind: 'invalidate', reason: name }, waitSeconds: null };
}

/** Telegram also says this for a moment while a session moves between data centres. */
function judgeSuspect({ name }: Report): Verdict {
  return { action: 'retry', effect: { kind: 'suspect', reason: name }, waitSeconds: null };
}

function judgeDead({ name }: Report): Verdict {
  return { action: 'stop', effect: { kind: 'dead', reason: name }, waitSeconds: null };
}
