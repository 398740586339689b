import type { Role } from '../kernel/api_key.js';
import type { StoredProxy } from '../kernel/proxy.js';

/** An API key as it is kept: only its hash. Times are milliseconds on the service's clock. */
export interface KeyRecord {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly maxLeases: number | null;
  /** It leases and sees only sessions that have all of them; none: every session. */
  readonly tags: readonly string[];
  /** From then on it opens nothing; null: it does not expire. */
  readonly expiresAt: number | null;
  readonly createdAt: number;
}

/** API keys, proxies and the few facts the service remembers of itself. Each call is one transaction. */
export interface AccessStore {
  /** The key with this SHA-256 (lower-case hex) that is not revoked. */
  keyByHash(hash: string): Promise<KeyRecord | null>;
  keys(): Promise<KeyRecord[]>;
  createKey(key: Omit<KeyRecord, 'id'> & { readonly hash: string }): Promise<KeyRecord>;
  /** `already`: it was revoked before. */
  revokeKey(id: number, now: number): Promise<'revoked' | 'already' | 'unknown'>;
  proxies(): Promise<(StoredProxy & { readonly id: number })[]>;
  addProxy(proxy: StoredProxy): Promise<number>;
  saveProxyPass(id: number, pass: string): Promise<void>;
  /** A fact kept under a name; null: never saved. */
  fact(name: string): Promise<string | null>;
  saveFact(name: string, value: string): Promise<void>;
}
