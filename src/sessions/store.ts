import type { Page } from '../kernel/page.js';
import type { BaseState } from '../pool/states.js';

/** What a row says beyond its place in the pool. Times are milliseconds on the service's clock. */
export interface SessionRecord {
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
  readonly rest: BaseState;
  readonly restReason: string | null;
  readonly stateUntil: number | null;
  readonly tags: readonly string[];
  readonly proxyId: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When Telegram last said that it is valid, or not; null: never. */
  readonly lastCheckedAt: number | null;
  readonly lastUsedAt: number;
}

export interface SessionEdit {
  readonly tags?: readonly string[];
  readonly active?: boolean;
  /** Null: straight. */
  readonly proxyId?: number | null;
}

/** A session's new name, and its files as they are called then. */
export interface NewName {
  readonly name: string;
  readonly file: string | null;
  readonly jsonFile: string | null;
}

export type RenameOutcome =
  | { readonly kind: 'renamed'; readonly session: SessionRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | { readonly kind: 'name_taken'; readonly sessionId: number; readonly sessionName: string };

export type RemoveOutcome =
  | { readonly kind: 'removed'; readonly session: SessionRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | { readonly kind: 'referred'; readonly sourceId: number; readonly sourceName: string };

/** What Telegram told of a session; what is left out stays. */
export interface Identity {
  readonly userId?: string;
  readonly phoneNumber?: string;
}

/** The sessions as admins see them. Each call is one transaction. */
export interface SessionStore {
  session(id: number): Promise<SessionRecord | null>;
  /** Those that have all of the tags. */
  sessions(page: Page, tags?: readonly string[]): Promise<SessionRecord[]>;
  /** Those of the sessions that have all of the tags, or that the holder has, or had until a moment ago. */
  within(ids: readonly number[], tags: readonly string[], holder: string): Promise<number[]>;
  /** The sessions of a phone number (with `+`), those that can be leased first. */
  ofPhone(phoneNumber: string): Promise<SessionRecord[]>;
  /** Changes tags, the proxy, or takes the session out of the pool and back; null: no such session. */
  edit(id: number, change: SessionEdit, now: number): Promise<SessionRecord | null>;
  /**
   * Gives the session its new name. `in_use`: leased or cooling down, unless by `leaseId`. `name_taken`: by a
   * session whose name differs from it in case only, or not at all.
   */
  rename(id: number, to: NewName, leaseId: string | null, now: number): Promise<RenameOutcome>;
  /**
   * Drops the row. `referred`: a source names it, this one first. `in_use`: leased or cooling down, unless by
   * `leaseId`.
   */
  remove(id: number, leaseId: string | null, now: number): Promise<RemoveOutcome>;
  /** Notes that Telegram was asked about the session. */
  checked(id: number, identity: Identity, now: number): Promise<void>;
  /** Ids of free sessions that were not checked since `before`, those never checked or checked longest ago first. */
  unchecked(before: number, limit: number): Promise<number[]>;
  /** Encrypted api hashes after the row `afterId`, by id. */
  apiHashes(afterId: number, limit: number): Promise<{ readonly id: number; readonly apiHash: string }[]>;
  saveApiHash(id: number, apiHash: string): Promise<void>;
  /** The session itself, encrypted; null: it is not kept in the database, or there is no such session. */
  credentials(id: number): Promise<string | null>;
  /** Encrypted credentials after the row `afterId`, by id. */
  keptCredentials(
    afterId: number,
    limit: number,
  ): Promise<{ readonly id: number; readonly credentials: string }[]>;
  /** Puts credentials that were encrypted anew in the place of the old; those that changed meanwhile stay. */
  replaceCredentials(id: number, before: string, after: string): Promise<void>;
  /** Drops a proxy that no session has. */
  dropProxy(id: number): Promise<void>;
}
