import { Conflict, NotFound, TooMany, Unavailable } from '../kernel/errors.js';
import type { RefusalKind } from './lease_authorization.js';
import { UNAVAILABLE_STATES } from './states.js';
import type { AcquireOutcome, Lease, PoolCounts, ResolveShortage } from './store.js';

/** The lease, or the error that says why there is none. `now`: milliseconds. */
export function granted(outcome: AcquireOutcome, now: number): Lease {
  if (outcome.kind === 'granted') return outcome.lease;
  if (outcome.kind === 'unknown_session') throw new NotFound('Session');
  if (outcome.kind === 'lease_lost') throw refused('lease_lost', outcome.sessionId);
  if (outcome.kind === 'max_leases') {
    const { held, maxLeases } = outcome;
    throw new TooMany({ error: 'max_leases_reached', held, max_leases: maxLeases }, 1);
  }
  throw unavailable(outcome.counts, outcome.shortage ?? null, now);
}

/** `Retry-After` while a worker may release a session at any moment, in seconds. */
const SOON_SECONDS = 1;

/** `Retry-After` if no session will become free by itself, in seconds. */
const LATER_SECONDS = 60;

/** `Retry-After` if no session will ever have that many resolves left, in seconds: the setting may be changed. */
const MAX_RETRY_SECONDS = 86_400;

/** The answer if no session is free, and after how many seconds to retry. */
export interface NoFreeSession {
  readonly nextReleaseIn: number | null;
  readonly retryAfter: number;
}

/**
 * What the counts of the requested sessions promise at `now`. A flood wait frees its session when it ends, and so
 * does a day on which a session has had all its uses, and a cool-down, although workers are not told of that; a lease
 * may end at any moment; an invalidated or unavailable session stays out until somebody restores it.
 */
export function noFreeSession(counts: PoolCounts, now: number): NoFreeSession {
  const { nextFloodEnd, nextMethodFloodEnd, nextUsedUpEnd } = counts;
  const waits = [nextFloodEnd, nextMethodFloodEnd, nextUsedUpEnd].filter((end) => end !== null);
  const ends = [...waits, counts.nextCooldownEnd].filter((end) => end !== null);
  const seconds = (end: number) => Math.max(0, Math.ceil((end - now) / 1000));
  const nextReleaseIn = waits.length > 0 ? seconds(Math.min(...waits)) : null;
  if (counts.states.leased > 0) return { nextReleaseIn, retryAfter: SOON_SECONDS };
  const retryAfter = ends.length > 0 ? Math.max(SOON_SECONDS, seconds(Math.min(...ends))) : LATER_SECONDS;
  return { nextReleaseIn, retryAfter };
}

/** The 503 of a request. `shortage`: sessions are free, but none may be leased for the channels asked for. */
function unavailable(counts: PoolCounts, shortage: ResolveShortage | null, now: number): Unavailable {
  const { nextReleaseIn, retryAfter } = noFreeSession(counts, now);
  const { inFloodwait, inUse } = tallyOf(counts);
  const detail = {
    error: 'no_free_session',
    in_floodwait: inFloodwait,
    next_release_in: nextReleaseIn,
    in_use: inUse,
    unavailable: unavailableReasons(counts),
    flooded_for_methods: counts.freeButMethodFlooded,
  };
  if (shortage === null) return new Unavailable(detail, retryAfter);
  const { left, nextAt, isKnownElsewhere } = shortage;
  const nextResolveIn = nextAt === null ? null : Math.max(0, Math.ceil((nextAt - now) / 1000));
  const budget = { error: 'resolve_budget', resolves_left: left, next_resolve_in: nextResolveIn };
  const later = Math.max(SOON_SECONDS, nextResolveIn ?? MAX_RETRY_SECONDS);
  return new Unavailable({ ...detail, ...budget }, isKnownElsewhere ? SOON_SECONDS : later);
}

/** The four groups of sessions; each session is in exactly one. */
export interface PoolTally {
  /** Sessions that a plain request could lease now. */
  readonly free: number;
  readonly inUse: number;
  /** Flooded, even for one method only, or invalidated. */
  readonly inFloodwait: number;
  readonly unavailable: number;
}

/** The sessions by what they mean for a request, the same in every answer. */
export function tallyOf({ total, states, freeButMethodFlooded }: PoolCounts): PoolTally {
  const free = states.free - freeButMethodFlooded;
  const inUse = states.leased;
  const inFloodwait = states.flood + states.invalid + freeButMethodFlooded;
  return { free, inUse, inFloodwait, unavailable: total - free - inUse - inFloodwait };
}

/** Why sessions can't be leased: the number for each reason. */
export function unavailableReasons(counts: PoolCounts): Record<string, number> {
  const reasons = UNAVAILABLE_STATES.map((state) => [state, counts.states[state]] as const);
  return Object.fromEntries(reasons.filter(([, count]) => count > 0));
}

/** `Retry-After` while the sessions directory is gone, in seconds: it is checked this often. */
const DIRECTORY_RETRY_SECONDS = 5;

/** The sessions directory is gone: nothing is leased at this replica until it is back. */
export class SessionsDirectoryGone extends Unavailable {
  constructor(reason: string, counts: PoolCounts) {
    const message = `The sessions directory is gone, and nothing is leased until it is back: ${reason}`;
    super(
      {
        error: 'no_sessions_directory',
        message,
        in_floodwait: counts.states.flood + counts.states.invalid,
        next_release_in: null,
        in_use: counts.states.leased,
        unavailable: unavailableReasons(counts),
        flooded_for_methods: counts.freeButMethodFlooded,
      },
      DIRECTORY_RETRY_SECONDS,
    );
  }
}

/** The counts of a pool whose session files are gone: the free sessions count as missing. */
export function withoutFiles(counts: PoolCounts): PoolCounts {
  const { states } = counts;
  return {
    ...counts,
    states: { ...states, free: 0, missing: states.missing + states.free },
    freeButMethodFlooded: 0,
    nextMethodFloodEnd: null,
  };
}

/** A session can't be written in a format that needs its user, which is unknown. */
export class UserIdUnknown extends Conflict {
  /** `reason`: why Telegram did not name it; null: it was not asked. */
  constructor(id: number, name: string, reason: string | null) {
    const why = reason === null ? '' : `; Telegram was asked: ${reason}`;
    const message = `The user id of ${name} is unknown, and a Pyrogram string needs it${why}. Request another format, or test the session first (POST /sessions/${id}/test)`;
    super({ error: 'user_id_unknown', message, session_id: id, session_name: name });
  }
}

/** The service grants nothing more. */
export function stopping(): Unavailable {
  return new Unavailable(
    { error: 'shutting_down', message: 'the service is stopping; try again in a moment' },
    1,
  );
}

/** The caller's lease does not let it act. */
export function refused(error: RefusalKind, sessionId: number): Conflict {
  if (error !== 'lease_id_required') return new Conflict({ error, session_id: sessionId });
  const message = 'without lease_id, this call may mean the lease of another worker: send your own lease_id';
  return new Conflict({ error, message, session_id: sessionId });
}
