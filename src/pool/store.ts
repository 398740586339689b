import type { Page } from '../kernel/page.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { Caller, RefusalKind, Relation } from './lease_authorization.js';
import type { State } from './states.js';

/** What a worker asks for. Times are milliseconds on the service's clock. */
export interface AcquireRequest {
  /** The id that the lease will have if it is granted. */
  readonly leaseId: string;
  readonly holder: string;
  /** The client's address; null: the service itself. */
  readonly address: string | null;
  /** How many leases the key may hold at once; null: any number. */
  readonly maxLeases: number | null;
  readonly ttlSeconds: number;
  /** All of them must stand on the session. */
  readonly tags: readonly string[];
  readonly sessionId: number | null;
  readonly sessionName: string | null;
  /**
   * An admin took it out of the pool and asks for it by id all the same; it goes back there afterwards. Only
   * together with `sessionId`.
   */
  readonly alsoInactive: boolean;
  /** The Telegram method it is wanted for: sessions flooded for other methods only will do. */
  readonly method: string | null;
  /** What the key is limited to, and `tags` has, too: a session without all of them does not exist for it. */
  readonly scope?: readonly string[];
  /** Only sessions whose auth key is known will do. */
  readonly withCredentials: boolean;
  readonly idempotencyKey: string | null;
  /** Nothing is granted: only a lease that the idempotency key was answered with before is given again. */
  readonly onlyRepeat?: boolean;
}

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
}

/** Of which sessions counts speak: those that a request for these would consider. */
export type CountScope = Pick<AcquireRequest, 'tags' | 'sessionId' | 'sessionName' | 'method'>;

/** Whether the scope is of certain sessions, which are to be looked through one by one. */
export function namesSessions({ tags, sessionId, sessionName }: CountScope): boolean {
  return tags.length > 0 || sessionId !== null || sessionName !== null;
}

/** How many sessions stand in each state, and the deadlines that matter to those who wait. */
export interface PoolCounts {
  readonly total: number;
  readonly states: Readonly<Record<State, number>>;
  /** Free, but flooded for some method. */
  readonly freeButLimited: number;
  readonly nextFloodEnd: number | null;
  /**
   * When the first of those that are `freeButLimited` can be leased: by anyone, or for the method that was asked
   * for. Of very many floods it may be told too early, never too late.
   */
  readonly nextMethodFloodEnd: number | null;
  readonly nextCooldownEnd: number | null;
  readonly oldestLeaseAt: number | null;
}

export type AcquireOutcome =
  | { readonly kind: 'granted'; readonly lease: Lease; readonly repeated: boolean }
  | { readonly kind: 'none'; readonly counts: PoolCounts }
  | { readonly kind: 'lease_lost'; readonly sessionId: number }
  | { readonly kind: 'max_leases'; readonly held: number; readonly maxLeases: number }
  | { readonly kind: 'unknown_session' };

/** Why a caller's lease did not let it act. */
export type Refusal = { readonly kind: RefusalKind };

/** `unknown`: no such session; `done`: the state that was asked for holds now. */
export type Outcome =
  | { readonly kind: 'done'; readonly changed: boolean; readonly as: Relation }
  | { readonly kind: 'unknown' }
  | Refusal;

export type RenewOutcome = { readonly kind: 'renewed'; readonly expiresAt: number } | Refusal;

/** A flood wait of so many seconds, of one method or (null) of the whole session. */
export interface Flood {
  readonly seconds: number;
  readonly method: string | null;
}

/** What keeps a session out of the pool. */
export type Block =
  | ({ readonly kind: 'flood' } & Flood)
  | { readonly kind: 'invalidate'; readonly reason: string | null }
  | { readonly kind: 'dead'; readonly reason: string }
  /** Nothing: only whether the caller holds the lease is looked at. */
  | { readonly kind: 'none' }
  /** Dead if it is said twice within `SUSPICION_SECONDS`. */
  | { readonly kind: 'suspect'; readonly reason: string };

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

/** How long a first AUTH_KEY_UNREGISTERED is remembered, waiting for a second. */
export const SUSPICION_SECONDS = 3600;

export interface LeaseRow {
  readonly sessionId: number;
  readonly sessionName: string;
  readonly leaseId: string;
  readonly holder: string;
  readonly leasedAt: number;
  readonly expiresAt: number;
  readonly renewed: boolean;
}

export interface HistoryRow {
  readonly id: number;
  readonly at: number;
  readonly event: string;
  readonly detail: string | null;
  readonly leaseId: string | null;
  readonly holder: string | null;
}

/**
 * Where leases live. Each operation is one transaction, durable when its promise resolves, and sees the
 * pool as of `now`: deadlines that have passed by then are carried out first. Every one of them rejects
 * with `Unavailable` when the database can't be written.
 */
export interface PoolStore {
  acquire(request: AcquireRequest, now: number): Promise<AcquireOutcome>;
  /** Makes a lease last longer; `caller` names it by its id. */
  renew(sessionId: number, caller: Caller, ttlSeconds: number | null, now: number): Promise<RenewOutcome>;
  /** Ends the lease; with `flood`, the session (or one method of it) is flooded in the same transaction. */
  release(sessionId: number, caller: Caller, flood: Flood | null, now: number): Promise<Outcome>;
  block(sessionId: number, caller: Caller, block: Block, now: number): Promise<BlockOutcome>;
  /** Ends a lease that its holder never received; unless it did, by sending its idempotency key again. */
  giveBack(sessionId: number, leaseId: string, now: number): Promise<void>;
  restore(sessionId: number, now: number): Promise<Outcome>;
  /**
   * Takes from the holder at most `limit` of its leases, whose sessions cool down; `by`: who does. Resolves to how
   * many there were.
   */
  revokeLeases(holder: string, by: string, limit: number, now: number): Promise<number>;
  /** Carries out deadlines that have passed, at most `limit`; resolves to how many there were. */
  expire(limit: number, now: number): Promise<number>;
  /** Without a scope, of all sessions; then, and for a method alone, the cost does not grow with the pool. */
  counts(now: number, scope?: CountScope): Promise<PoolCounts>;
  /** Those of sessions that have all of the tags. */
  leases(page: Page, now: number, tags?: readonly string[]): Promise<LeaseRow[]>;
  /** Newest first; null: no such session. */
  history(sessionId: number, page: Page): Promise<HistoryRow[] | null>;
  /**
   * Drops history beyond the newest `maxRows` and idempotency keys older than `before`, at most `limit` of
   * each; resolves to how many there were.
   */
  prune(maxRows: number, before: number, limit: number): Promise<number>;
}

/** Something that happened to a session, as it stands in its history. */
export interface PoolNotice {
  readonly sessionId: number;
  readonly sessionName: string;
  readonly at: number;
  readonly event: string;
  readonly detail: string | null;
}

/** What a store tells of its own accord, after the commit that made it true. */
export interface PoolSignals {
  /** What happened; of many things at once only the first few hundred are told. */
  onHappened(listener: (notices: readonly PoolNotice[]) => void): void;
  /** So many sessions became free. */
  onFreed(listener: (count: number) => void): void;
  /** When the next deadline falls, in milliseconds on the service's clock; null: none. */
  nextDeadline(): number | null;
}
