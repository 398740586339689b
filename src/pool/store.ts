import type { Page } from '../kernel/page.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { FenceKind } from './fence.js';
import type { Caller, RefusalKind, Relation } from './lease_authorization.js';
import type { State } from './states.js';

/** A request for a lease. Times are milliseconds on the service's clock. */
export interface AcquireRequest {
  /** The id that the lease will have if it is granted. */
  readonly leaseId: string;
  readonly holder: string;
  /** The client's address; for the service itself, the name of its process. Null: unknown. */
  readonly address: string | null;
  /** The key's maximum number of concurrent leases; null: unlimited. */
  readonly maxLeases: number | null;
  readonly ttlSeconds: number;
  /** The session must have all of them. */
  readonly tags: readonly string[];
  readonly sessionId: number | null;
  readonly sessionName: string | null;
  /**
   * Whether the service may lease the session out of the pool, to look after it: inactive, frozen, or with all uses of
   * the day; it is so again afterwards, and this is no use. Only together with `sessionId`.
   */
  readonly alsoInactive: boolean;
  /** The Telegram method to be called: sessions flooded only for other methods match. */
  readonly method: string | null;
  /**
   * The tags that the key is limited to, which `tags` includes: a session without all of them does not exist for it.
   */
  readonly scope?: readonly string[];
  /** Whether only sessions with a known auth key match. */
  readonly withCredentials: boolean;
  readonly idempotencyKey: string | null;
  /**
   * Channels to work with, `@name` or ids: a session that knows them is preferred, and one that does not must have so
   * many resolves left.
   */
  readonly channels?: readonly string[];
  /** With `channels`: how many usernames a session may resolve within 24 hours. */
  readonly resolvesPerDay?: number;
  /** With `channels`: sessions that do not match. */
  readonly except?: readonly number[];
  /** What keeps its holder from Telegram once the lease has ended; null: nothing but the holder itself. */
  readonly fence?: FenceKind | null;
  /** Grants nothing: only returns the earlier lease of the idempotency key. */
  readonly onlyRepeat?: boolean;
  /** In which order the free sessions are tried; the least recently used one first unless given. */
  readonly strategy?: Strategy;
  /** Whether frozen sessions match too, after the free ones. */
  readonly allowFrozen?: boolean;
}

/**
 * How a session is chosen among the free ones: the one that nobody has used for longest, the one with the highest
 * health score (of several, the least recently used), or the next by id after the last one that was given so.
 */
export const STRATEGIES = ['least_recently_used', 'healthiest', 'round_robin'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** A lease, and its session as a worker needs to know it; `expiresAt` in milliseconds. */
export interface Lease {
  readonly leaseId: string;
  readonly sessionId: number;
  readonly sessionName: string;
  readonly expiresAt: number;
  /** Relative to SESSIONS_DIR. */
  readonly file: string | null;
  readonly jsonFile: string | null;
  readonly format: string;
  readonly phoneNumber: string | null;
  /** Decimal digits: Telegram's ids have 64 bits. */
  readonly userId: string | null;
  readonly apiId: number | null;
  readonly proxy: StoredProxy | null;
  readonly tags: readonly string[];
  readonly fence: FenceKind | null;
}

/** The scope of counts: the sessions that a request with these conditions would consider. */
export type CountScope = Pick<AcquireRequest, 'tags' | 'sessionId' | 'sessionName' | 'method'>;

/** Whether the scope consists of specific sessions, which are examined one by one. */
export function namesSessions({ tags, sessionId, sessionName }: CountScope): boolean {
  return tags.length > 0 || sessionId !== null || sessionName !== null;
}

/** The number of sessions in each state, and the deadlines that matter to waiting requests. */
export interface PoolCounts {
  readonly total: number;
  readonly states: Readonly<Record<State, number>>;
  /** Free, but with a method flood. */
  readonly freeButMethodFlooded: number;
  readonly nextFloodEnd: number | null;
  /**
   * When the first of those counted in `freeButMethodFlooded` can be leased: by any request, or for the requested method.
   * With very many floods it may be too early, never too late.
   */
  readonly nextMethodFloodEnd: number | null;
  readonly nextCooldownEnd: number | null;
  /** When the first session that has had all its uses of the day may be leased again. */
  readonly nextUsedUpEnd: number | null;
  /** Whose account Telegram limits, whatever their state. */
  readonly limited: number;
  /** Whose account is frozen, whatever their state. */
  readonly frozen: number;
  readonly oldestLeaseAt: number | null;
}

/** Why no free session may be leased for channels: none of them may resolve those that it does not know. */
export interface ResolveShortage {
  /** The most that one of them has left: fewer than are needed. */
  readonly left: number;
  /** When one of them may resolve enough, in milliseconds; null: never. */
  readonly nextAt: number | null;
  /** Whether a session that knows all of the channels is not free, and may be at any moment. */
  readonly isKnownElsewhere: boolean;
}

/**
 * What became of a request. `none`: no session that matches is free. `lease_lost`: the lease of its idempotency key has
 * ended. `unknown_session`: the one that it names does not exist for its key.
 */
export type AcquireOutcome =
  | {
      readonly kind: 'granted';
      readonly lease: Lease;
      readonly repeated: boolean;
      /** How many of the channels asked for its session has to resolve. */
      readonly toResolve?: number;
    }
  | { readonly kind: 'none'; readonly counts: PoolCounts; readonly shortage?: ResolveShortage }
  | { readonly kind: 'lease_lost'; readonly sessionId: number }
  | { readonly kind: 'max_leases'; readonly held: number; readonly maxLeases: number }
  | { readonly kind: 'unknown_session' };

/** Why a caller's lease does not authorize it. */
export type Refusal = { readonly kind: RefusalKind };

/** `unknown`: no such session; `done`: the session now has the requested state. */
export type Outcome =
  | { readonly kind: 'done'; readonly changed: boolean; readonly as: Relation }
  | { readonly kind: 'unknown' }
  | Refusal;

/** `expiresAt`: the lease's new end, in milliseconds. */
export type RenewOutcome = { readonly kind: 'renewed'; readonly expiresAt: number } | Refusal;

/** A flood wait in seconds, of one method or (null) of the whole session. */
export interface Flood {
  readonly seconds: number;
  readonly method: string | null;
}

/** What is known about the freeze of an account; times in milliseconds, null: unknown. */
export interface Freeze {
  /** Telegram's name for it. */
  readonly reason: string;
  readonly since: number | null;
  readonly until: number | null;
  readonly appealUrl: string | null;
}

/** What keeps a session out of the pool. */
export type Block =
  | ({ readonly kind: 'flood' } & Flood)
  | { readonly kind: 'invalidate'; readonly reason: string | null }
  | { readonly kind: 'dead'; readonly reason: string }
  /** Telegram limits the account; `method`: the one that it refused, null: unknown. */
  | { readonly kind: 'limit'; readonly reason: string; readonly method: string | null }
  /** Its account is frozen. */
  | ({ readonly kind: 'freeze'; readonly method: string | null } & Freeze)
  /** Nothing: only checks whether the caller holds the lease. */
  | { readonly kind: 'none' }
  /** Dead if reported twice within `SUSPICION_SECONDS`. */
  | { readonly kind: 'suspect'; readonly reason: string };

/** `until`: when the state ends by itself, in milliseconds; null: it does not. */
export type BlockOutcome =
  | {
      readonly kind: 'blocked';
      readonly state: State;
      readonly until: number | null;
      readonly as: Relation;
    }
  | { readonly kind: 'unknown' }
  | Refusal;

/** How long a repeated `Idempotency-Key` gets the same lease, in milliseconds. */
export const IDEMPOTENCY_MS = 600_000;

/** How long a first AUTH_KEY_UNREGISTERED is remembered. */
export const SUSPICION_SECONDS = 3600;

/** A current lease; times are milliseconds. */
export interface LeaseRow {
  readonly sessionId: number;
  readonly sessionName: string;
  readonly leaseId: string;
  readonly holder: string;
  /** The name of the process of the service that leased it for itself; null: a client did, or it is unknown. */
  readonly processName: string | null;
  readonly leasedAt: number;
  readonly expiresAt: number;
  readonly renewed: boolean;
}

/** Something that happened to a session; `at`: when, in milliseconds. */
export interface HistoryRow {
  readonly id: number;
  readonly at: number;
  readonly event: string;
  readonly detail: string | null;
  readonly leaseId: string | null;
  readonly holder: string | null;
}

/**
 * The store of leases. Each operation is one transaction, durable when its promise resolves, and sees the pool at
 * `now`: deadlines that have passed by then are applied first. All of them reject with `Unavailable` if the database
 * can't be written.
 */
export interface PoolStore {
  acquire(request: AcquireRequest, now: number): Promise<AcquireOutcome>;
  /** Why a request with channels was refused, if it was for that; null: it was not, or would be granted now. */
  resolveShortage(request: AcquireRequest, now: number): Promise<ResolveShortage | null>;
  /** Extends a lease; `caller` names it by its id. */
  renew(sessionId: number, caller: Caller, ttlSeconds: number | null, now: number): Promise<RenewOutcome>;
  /** Ends the lease; with `flood`, the session (or one method of it) is flooded in the same transaction. */
  release(sessionId: number, caller: Caller, flood: Flood | null, now: number): Promise<Outcome>;
  block(sessionId: number, caller: Caller, block: Block, now: number): Promise<BlockOutcome>;
  /** Ends an undelivered lease, unless its holder received it by repeating its idempotency key. */
  giveBack(sessionId: number, leaseId: string, now: number): Promise<void>;
  restore(sessionId: number, now: number): Promise<Outcome>;
  /** Revokes at most `limit` leases of the holder, whose sessions cool down; `by`: the actor. Resolves to how many. */
  revokeLeases(holder: string, by: string, limit: number, now: number): Promise<number>;
  /** Applies at most `limit` passed deadlines; resolves to how many. */
  expire(limit: number, now: number): Promise<number>;
  /** Without a scope, counts all sessions; then, and for a method alone, the cost does not grow with the pool. */
  counts(now: number, scope?: CountScope): Promise<PoolCounts>;
  /** `holder`: only its leases. */
  leases(page: Page, now: number, holder?: string): Promise<LeaseRow[]>;
  /** Newest first; null: no such session. */
  history(sessionId: number, page: Page): Promise<HistoryRow[] | null>;
  /**
   * Deletes history beyond the newest `maxRows` and idempotency keys older than `before`, at most `limit` of each;
   * resolves to how many.
   */
  prune(maxRows: number, before: number, limit: number): Promise<number>;
}

/** An event of a session, as in its history. */
export interface PoolNotice {
  readonly sessionId: number;
  readonly sessionName: string;
  readonly at: number;
  readonly event: string;
  readonly detail: string | null;
}

/** What a store announces by itself, after the commit. */
export interface PoolSignals {
  /** Events; of many at once, only the first few hundred are announced. */
  onHappened(listener: (notices: readonly PoolNotice[]) => void): void;
  /** How many sessions became free. */
  onFreed(listener: (count: number) => void): void;
  /** The next deadline, in milliseconds on the service's clock; null: none. */
  nextDeadline(): number | null;
}
