import type { Page } from '../kernel/page.js';
import type { ResolveBudget } from './resolve_budget.js';

/** How Telegram's calls name it: `channel` by id and access hash (supergroups as well), `chat` by id alone. */
export const PEER_TYPES = ['channel', 'chat'] as const;
export type PeerType = (typeof PEER_TYPES)[number];

/** A channel as one session addresses it: another session's access hash is of no use. */
export interface Peer {
  /** Decimal digits. */
  readonly channelId: string;
  /** Decimal digits, may be negative; null: a basic group, which has none. */
  readonly accessHash: string | null;
  readonly type: PeerType;
  /** Without `@`; null: it is private. */
  readonly username: string | null;
  readonly title: string;
}

/** A channel as messages are read from it. */
export type KnownChannel = Omit<Peer, 'type'>;

/** A channel that a session has just learnt about; what is not said of it stays as it is known. */
export interface LearntPeer extends Omit<Peer, 'username' | 'title'> {
  /** Without `@`; null: it is private; undefined: not said. */
  readonly username?: string | null | undefined;
  /** Undefined: not said. */
  readonly title?: string | undefined;
  /** What it was found by, `@name` or its id: one of several names of a channel, maybe. Null: as `username` says. */
  readonly identifier: string | null;
}

/** A channel that a session knew before it came into the pool: its library wrote it to the session's file. */
export interface RememberedChannel extends Omit<Peer, 'username'> {
  /** Without `@`, the one to write first; none: it is private. */
  readonly usernames: readonly string[];
  /** When the library saw it last, in milliseconds; 0: unknown. */
  readonly seenAt: number;
}

/** A channel that a session knows, in a list. */
export interface KnownPeer extends Peer {
  readonly sessionId: number;
  readonly sessionName: string;
  /** `@name` in lower case, or the id in decimal digits. */
  readonly identifier: string;
  /** When it was last saved or used, in milliseconds. */
  readonly usedAt: number;
}

/** Whose knowledge it is, and which lease it was gained with (null: none, or unknown). */
export interface PeerOwner {
  readonly sessionId: number;
  readonly leaseId: string | null;
}

/** Which sessions a name's new owner is told to: those with all of these tags. */
export interface PeerScope {
  readonly tags: readonly string[];
}

/** Which known channels are listed: those that meet all of what is given. */
export interface PeerFilter extends PeerScope {
  /** `@name` or an id. */
  readonly channel?: string | undefined;
  readonly sessionId?: number | undefined;
}

/** The resolve budget of one session. Times are milliseconds. */
export interface SessionBudget extends ResolveBudget {
  readonly sessionId: number;
  /** When a resolve is left: in the past if one is now; null: never. */
  readonly nextAt: number | null;
  /** How many channels it knows. */
  readonly channelsKnown: number;
}

/** What a pool of sessions may resolve now. */
export interface PoolBudget {
  readonly left: number;
  /** The sessions with nothing left. */
  readonly usedUp: number;
}

/** The same of some sessions. */
export interface PoolBudgetPart extends PoolBudget {
  /** The last of them; null: there are no more. */
  readonly lastId: number | null;
}

/** How learnt peers count towards the resolve budget. */
export interface LearningRules extends PeerScope {
  /** Whether those found by name, and not known before, were resolved. */
  readonly resolved: boolean;
  /** The setting. */
  readonly perDay: number;
}

/**
 * The channels that sessions know, and the resolves that they have made: `contacts.resolveUsername`, counted over 24
 * hours. Each call is one transaction. Identifiers are `@name`, whatever its case, or an id in decimal digits.
 */
export interface PeerStore {
  /** What the session knows of each channel, in their order; null: nothing. They count as used from now on. */
  known(sessionId: number, channels: readonly string[], now: number): Promise<(Peer | null)[]>;
  /**
   * Saves what a session has learnt; of too many, the least recently used are forgotten. A name that belongs to
   * another channel now is forgotten by the other sessions in scope. Resolves to how many resolves it counted.
   */
  learn(owner: PeerOwner, peers: readonly LearntPeer[], rules: LearningRules, now: number): Promise<number>;
  /**
   * Adds what a session's file remembers, in so far as the session knows nothing of the channel; of too many, the
   * least recently used are forgotten. A name that another session knows for another channel's is not believed, and
   * nothing is counted.
   */
  adopt(sessionId: number, channels: readonly RememberedChannel[], now: number): Promise<void>;
  /**
   * Counts a resolve that is about to be made: the one that the lease reserved for this channel, else a further one.
   * Resolves to how many were counted anew; null: none is left.
   */
  takeResolve(owner: PeerOwner, channel: string, perDay: number, now: number): Promise<number | null>;
  /** Returns what a lease of the service's own reserved and did not use. */
  returnReserved(sessionId: number, leaseId: string): Promise<void>;
  /**
   * Forgets what the session knows of the channel. `nameGone`: nobody has the name any more, which the other sessions
   * in scope forget as well.
   */
  forget(sessionId: number, channel: string, nameGone: boolean, scope: PeerScope): Promise<void>;
  /** Null: no such session. */
  budget(sessionId: number, perDay: number, now: number): Promise<SessionBudget | null>;
  /** What each of the sessions may still resolve, by its id. */
  resolvesLeft(
    sessionIds: readonly number[],
    perDay: number,
    now: number,
  ): Promise<ReadonlyMap<number, number>>;
  /** Of the next `limit` sessions by id after `afterId`, those that can be leased, now or later. */
  poolBudget(
    page: { readonly setting: number; readonly afterId: number; readonly limit: number },
    now: number,
  ): Promise<PoolBudgetPart>;
  /** Most recently used first. */
  peers(page: Page, filter: PeerFilter): Promise<KnownPeer[]>;
  count(filter: PeerFilter): Promise<number>;
  /** Deletes resolves made before `before`, at most `limit`; resolves to how many. */
  prune(before: number, limit: number): Promise<number>;
}
