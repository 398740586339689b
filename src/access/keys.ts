import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Cluster } from '../cluster/cluster.js';
import { type ApiKey, holderOf, keyIdOf, type Role } from '../kernel/api_key.js';
import type { Clock } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import type { AccessStore, KeyRecord } from './store.js';

/** How long a key can still be used after another process has revoked it, in milliseconds. */
export const REMEMBERED_MS = 5000;

/** How many revoked keys are remembered, so that requests under way with them are refused. */
const MAX_REVOKED = 10_000;

/** What to create a key from. */
export type NewKeyRequest = Pick<KeyRecord, 'name' | 'role'> & Partial<Omit<KeyRecord, 'id' | 'createdAt'>>;

/** A new key, with the key itself: it is shown this once. */
export interface NewKey extends KeyRecord {
  readonly key: string;
}

/** A key was revoked, at whichever replica. */
export interface Revocation {
  readonly holder: string;
  /** The holder of the admin's key that ends its leases at once; null: they run out. */
  readonly endLeasesBy: string | null;
}

interface Known {
  readonly hash: Buffer;
  readonly key: ApiKey;
}

export interface KeyServiceParts {
  readonly store: AccessStore;
  readonly clock: Clock;
  /** The keys in the setting API_KEYS. */
  readonly bootstrapKeys: readonly { readonly role: Role; readonly key: string }[];
  readonly randomBytes: (count: number) => Buffer;
  /** They cache keys, too. */
  readonly cluster: Pick<Cluster, 'tell' | 'onTold'>;
}

/** The topic on which replicas hear of revoked keys. */
const REVOKED = 'key revoked';

/** The name of a holder of leases; null: it is no key. */
export type NameOfHolder = (holder: string | null) => string | null;

/** API keys: only their SHA-256 hashes are stored, here and in the database. */
export class KeyService {
  readonly #parts: KeyServiceParts;
  readonly #bootstrap: ReadonlyMap<string, Known>;
  readonly #recent = new LRUCache<string, Known>({ max: 10_000, ttl: REMEMBERED_MS });
  readonly #recentHolders = new LRUCache<string, ApiKey>({ max: 10_000, ttl: REMEMBERED_MS });
  readonly #revoked = new LRUCache<string, true>({ max: MAX_REVOKED });
  readonly #listeners: ((revocation: Revocation) => Promise<void>)[] = [];

  constructor(parts: KeyServiceParts) {
    this.#parts = parts;
    // Whatever fails here is done by the replica that revoked the key, or by the next check of open streams.
    parts.cluster.onTold(REVOKED, (data) => void this.#forget(data as Revocation).catch(() => undefined));
    this.#bootstrap = new Map(
      parts.bootstrapKeys.map(({ role, key }) => {
        const hash = sha256(key);
        const id = hash.toString('hex').slice(0, 12);
        const unlimited = { maxLeases: null, tags: [], expiresAt: null };
        const known = { hash, key: { holder: `env:${id}`, name: `API_KEYS ${id}`, role, ...unlimited } };
        return [hash.toString('hex'), known];
      }),
    );
  }

  /**
   * Whose key this is; null: unknown, revoked or expired. Compares in constant time.
   */
  async authenticate(key: string): Promise<ApiKey | null> {
    const hash = sha256(key);
    const hex = hash.toString('hex');
    const known = this.#bootstrap.get(hex) ?? this.#recent.get(hex) ?? (await this.#stored(hash, hex));
    if (!known || !timingSafeEqual(known.hash, hash)) return null;
    return this.isOver(known.key) ? null : known.key;
  }

  /** Whether the key has expired, or is known here to be revoked: requests under way with it are refused. */
  isOver({ holder, expiresAt }: ApiKey): boolean {
    return this.#revoked.has(holder) || (expiresAt !== null && expiresAt <= this.#parts.clock.now());
  }

  /** The key with this name in leases and history; null: unknown, revoked or expired. */
  async ofHolder(holder: string): Promise<ApiKey | null> {
    const found =
      this.#bootstrapKeys().find((key) => key.holder === holder) ?? (await this.#storedAs(holder));
    return found && !this.isOver(found) ? found : null;
  }

  /** What each of these holders is called; null: it is no key, not even a revoked one. */
  async namesOf(holders: readonly (string | null)[]): Promise<NameOfHolder> {
    const ids = [...new Set(holders)].flatMap((holder) => keyIdOf(holder ?? '') ?? []);
    const stored = ids.length === 0 ? [] : await this.#parts.store.keyNames(ids);
    const names = new Map([
      ...this.#bootstrapKeys().map(({ holder, name }) => [holder, name] as const),
      ...stored.map(({ id, name }) => [holderOf(id), name] as const),
    ]);
    return (holder) => names.get(holder ?? '') ?? null;
  }

  list(): Promise<KeyRecord[]> {
    return this.#parts.store.keys();
  }

  /** Creates a key. The key itself is in the answer and nowhere else. */
  create(request: NewKeyRequest): Promise<NewKey> {
    return this.#save(this.#newKey(), request);
  }

  /**
   * Revokes a key, and waits for the listeners of `onRevoked`. With `endLeasesBy` it may be repeated, to end leases
   * that could not be ended the first time. @throws NotFound.
   */
  async revoke(id: number, endLeasesBy: string | null = null): Promise<void> {
    const { store, clock, cluster } = this.#parts;
    const outcome = await store.revokeKey(id, clock.now());
    if (outcome === 'unknown' || (outcome === 'already' && endLeasesBy === null)) {
      throw new NotFound('Key');
    }
    const revocation: Revocation = { holder: holderOf(id), endLeasesBy };
    cluster.tell(REVOKED, revocation);
    await this.#forget(revocation);
  }

  /** Calls back when a key was revoked here or at another replica, and when `recheck` finds that it was. */
  onRevoked(listener: (revocation: Revocation) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** Finds those of these keys that another process, such as the command line, revoked without notice. */
  async recheck(keys: readonly ApiKey[]): Promise<void> {
    const kept = keys.filter(({ holder }) => /^key:/.test(holder) && !this.#revoked.has(holder));
    if (kept.length === 0) return;
    const active = new Set((await this.list()).map(({ id }) => holderOf(id)));
    for (const { holder } of kept) if (!active.has(holder)) await this.#forget({ holder, endLeasesBy: null });
  }

  /**
   * Creates the first admin key where there is no key at all; null: there is one. `save` has written it down before
   * it is valid, so that a crash in between locks nobody out.
   */
  async createFirst(save: (key: string) => Promise<void>): Promise<string | null> {
    if (this.#bootstrap.size > 0 || (await this.list()).length > 0) return null;
    const key = this.#newKey();
    await save(key);
    await this.#save(key, { name: 'first admin key', role: 'admin' });
    return key;
  }

  async #forget(revocation: Revocation): Promise<void> {
    this.#revoked.set(revocation.holder, true);
    this.#recent.clear();
    this.#recentHolders.clear();
    await Promise.all(this.#listeners.map((listener) => listener(revocation)));
  }

  #newKey(): string {
    return `tg_${this.#parts.randomBytes(32).toString('base64url')}`;
  }

  async #save(key: string, request: NewKeyRequest): Promise<NewKey> {
    const createdAt = this.#parts.clock.now();
    const unlimited = { maxLeases: null, tags: [], expiresAt: null };
    const record = { ...unlimited, ...request, createdAt, hash: sha256(key).toString('hex') };
    return { ...(await this.#parts.store.createKey(record)), key };
  }

  async #stored(hash: Buffer, hex: string): Promise<Known | null> {
    const record = await this.#parts.store.keyByHash(hex);
    if (!record) return null;
    const known = { hash, key: keyOf(record) };
    this.#recent.set(hex, known);
    return known;
  }

  async #storedAs(holder: string): Promise<ApiKey | null> {
    const id = keyIdOf(holder);
    const recent = this.#recentHolders.get(holder);
    if (recent || id === null) return recent ?? null;
    const record = await this.#parts.store.keyById(id);
    const key = record && keyOf(record);
    if (key) this.#recentHolders.set(holder, key);
    return key;
  }

  #bootstrapKeys(): ApiKey[] {
    return [...this.#bootstrap.values()].map(({ key }) => key);
  }
}

function keyOf({ id, name, role, maxLeases, tags, expiresAt }: KeyRecord): ApiKey {
  return { holder: holderOf(id), name, role, maxLeases, tags, expiresAt };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
