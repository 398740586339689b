import type { Role } from '../kernel/api_key.js';
import type { StoredProxy } from '../kernel/proxy.js';

/** An API key as it is stored: only its hash. Times are milliseconds on the service's clock. */
export interface KeyRecord {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly maxLeases: number | null;
  /** The key leases and sees only sessions that have all of these tags; none: every session. */
  readonly tags: readonly string[];
  /** When it expires; null: never. */
  readonly expiresAt: number | null;
  readonly createdAt: number;
}

/** API keys, proxies, and the service's own key-value pairs. Each call is one transaction. */
export interface AccessStore {
  /** The key with this SHA-256 (lower-case hex) that is not revoked. */
  keyByHash(hash: string): Promise<KeyRecord | null>;
  keys(): Promise<KeyRecord[]>;
  /** The names of these keys, revoked ones included. */
  keyNames(ids: readonly number[]): Promise<{ readonly id: number; readonly name: string }[]>;
  /** The key with this id that is not revoked. */
  keyById(id: number): Promise<KeyRecord | null>;
  /** Remembers until `until` that the sign-in was ended. */
  endSignIn(id: string, until: number): Promise<void>;
  /** Whether the sign-in was ended, as far as it is remembered. */
  isSignInEnded(id: string): Promise<boolean>;
  /** Forgets at most `limit` sign-ins whose time has passed by `now`; resolves to how many. */
  pruneSignIns(now: number, limit: number): Promise<number>;
  createKey(key: Omit<KeyRecord, 'id'> & { readonly hash: string }): Promise<KeyRecord>;
  /** `already`: it had been revoked before. */
  revokeKey(id: number, now: number): Promise<'revoked' | 'already' | 'unknown'>;
  proxies(): Promise<(StoredProxy & { readonly id: number })[]>;
  /** Null: there is no such proxy. */
  proxy(id: number): Promise<StoredProxy | null>;
  addProxy(proxy: StoredProxy): Promise<number>;
  saveProxyPass(id: number, pass: string): Promise<void>;
  /** The value of a key; null: never saved. */
  value(name: string): Promise<string | null>;
  saveValue(name: string, value: string): Promise<void>;
}
