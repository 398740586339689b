import type { Order, Page } from '../kernel/page.js';
import type { Condition, ConditionColumns } from '../pool/account_condition.js';
import type { BaseState, State } from '../pool/states.js';
import type { Freeze } from '../pool/store.js';
import type { UseColumns } from '../pool/uses.js';
import type { Health } from './health_score.js';

/** The columns of a session besides its pool state. Times are milliseconds on the service's clock. */
export interface SessionRecord extends ConditionColumns, UseColumns {
  readonly id: number;
  readonly name: string;
  readonly file: string | null;
  readonly jsonFile: string | null;
  readonly format: string;
  readonly dcId: number | null;
  /** Decimal digits. */
  readonly userId: string | null;
  readonly phoneNumber: string | null;
  readonly apiId: number | null;
  /** Encrypted. */
  readonly apiHash: string | null;
  readonly state: string;
  readonly stateReason: string | null;
  readonly baseState: BaseState;
  readonly baseStateReason: string | null;
  readonly stateUntil: number | null;
  readonly tags: readonly string[];
  readonly proxyId: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When Telegram last said whether it is valid; null: never. */
  readonly lastCheckedAt: number | null;
  readonly lastUsedAt: number;
  /** Whose lease it is, by the key's name in leases; null: nobody has leased it. */
  readonly holder: string | null;
  /** Since when; null: nobody has leased it. */
  readonly leasedAt: number | null;
  readonly methodFlooded: boolean;
  /** As of the last time that it was scored. */
  readonly health: Health;
}

/** A flood wait of a session for one Telegram method. */
export interface MethodFlood {
  readonly sessionId: number;
  readonly method: string;
  readonly until: number;
}

/** What an admin changes of a session; what is omitted stays. */
export interface SessionEdit {
  readonly tags?: readonly string[];
  readonly active?: boolean;
  /** Null: a direct connection. */
  readonly proxyId?: number | null;
}

/** Which sessions are listed: those that meet all of what is given. */
export interface SessionFilter {
  /** They have all of these tags. */
  readonly tags?: readonly string[];
  /** It is part of the name, whatever its case, of the phone number or of a tag. */
  readonly q?: string;
  readonly state?: State;
  readonly condition?: Condition;
  readonly format?: string;
  /** It uses one of these proxies; null: none. */
  readonly proxyIds?: readonly number[] | null;
}

/** What sessions can be sorted by. */
export const SESSION_ORDERS = [
  'id',
  'name',
  'phone_number',
  'status',
  'status_until',
  'format',
  'created_at',
  'updated_at',
  'last_checked_at',
  'last_used_at',
  'health',
] as const;

/** How sessions are sorted: those without the value last, and those with the same value by id, in the same order. */
export type SessionOrder = Order<(typeof SESSION_ORDERS)[number]>;

/** A session's new name, and the new paths of its files. */
export interface NewName {
  readonly name: string;
  readonly file: string | null;
  readonly jsonFile: string | null;
}

/** As `SessionStore.rename` says. */
export type RenameOutcome =
  | { readonly kind: 'renamed'; readonly session: SessionRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | { readonly kind: 'name_taken'; readonly sessionId: number; readonly sessionName: string };

/** As `SessionStore.remove` says. */
export type RemoveOutcome =
  | { readonly kind: 'removed'; readonly session: SessionRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | { readonly kind: 'referred'; readonly sourceId: number; readonly sourceName: string };

/** What Telegram said about a session; omitted fields are unchanged. */
export interface Identity {
  readonly userId?: string;
  readonly phoneNumber?: string;
  /** The freeze of its account; null: it is not frozen. */
  readonly freeze?: Freeze | null;
}

/** The sessions as admins see them. Each call is one transaction. */
export interface SessionStore {
  session(id: number): Promise<SessionRecord | null>;
  /** The sessions by id, unless another order is given. */
  sessions(page: Page, filter?: SessionFilter, order?: SessionOrder): Promise<SessionRecord[]>;
  /** How many sessions there are, on all pages. */
  count(filter?: SessionFilter): Promise<number>;
  /** The method floods of these sessions that have not ended, by session, soonest end first. */
  methodFloods(ids: readonly number[], now: number): Promise<MethodFlood[]>;
  /** The tags in use that come after `after`, in the order of their bytes; at most `limit`. */
  tags(after: string, limit: number): Promise<string[]>;
  /** Those of the sessions that have all of the tags, or that the holder has, or had until recently. */
  within(ids: readonly number[], tags: readonly string[], holder: string): Promise<number[]>;
  /** The sessions of a phone number (with `+`), leasable ones first. */
  ofPhone(phoneNumber: string): Promise<SessionRecord[]>;
  /** Changes tags or the proxy, or deactivates or activates the session; null: no such session. */
  edit(id: number, change: SessionEdit, now: number): Promise<SessionRecord | null>;
  /**
   * Renames the session. `in_use`: leased or cooling down, unless by `leaseId`. `name_taken`: by a session with the
   * same name, ignoring case.
   */
  rename(id: number, to: NewName, leaseId: string | null, now: number): Promise<RenameOutcome>;
  /**
   * Deletes the row. `referred`: sources use it, this one first. `in_use`: leased or cooling down, unless by
   * `leaseId`.
   */
  remove(id: number, leaseId: string | null, now: number): Promise<RemoveOutcome>;
  /** Records that Telegram was asked about the session. */
  checked(id: number, identity: Identity, now: number): Promise<void>;
  /**
   * Ids of free sessions that were not checked since `before`: those never checked first, then those checked longest
   * ago.
   */
  unchecked(before: number, limit: number): Promise<number[]>;
  /** Encrypted API hashes after the row `afterId`, by id. */
  apiHashes(afterId: number, limit: number): Promise<{ readonly id: number; readonly apiHash: string }[]>;
  saveApiHash(id: number, apiHash: string): Promise<void>;
  /** The session itself, encrypted; null: it is not stored in the database, or there is no such session. */
  credentials(id: number): Promise<string | null>;
  /** Encrypted credentials after the row `afterId`, by id. */
  keptCredentials(
    afterId: number,
    limit: number,
  ): Promise<{ readonly id: number; readonly credentials: string }[]>;
  /** Replaces credentials by re-encrypted ones; those that have changed meanwhile are kept. */
  replaceCredentials(id: number, before: string, after: string): Promise<void>;
  /** Deletes a proxy that no session uses. */
  dropProxy(id: number): Promise<void>;
}
