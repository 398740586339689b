import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import { NotFound } from '../errors.js';
import type { Replicas } from '../replicas/replicas.js';
import type { Role } from './roles.js';
import type { AccessStore, KeyRecord } from './store.js';

/** Who sends a request. `holder` names the key in leases and history. */
export interface ApiKey {
  readonly holder: string;
  readonly name: string;
  readonly role: Role;
  /** How many leases it may hold at once; null: any number. */
  readonly maxLeases: number | null;
  /** It leases and sees only sessions that have all of them; none: every session. */
  readonly tags: readonly string[];
  /** From then on it opens nothing, in milliseconds on the service's clock; null: it does not expire. */
  readonly expiresAt: number | null;
}

/** How long a key may be used after another process revoked it, in milliseconds. */
export const REMEMBERED_MS = 5000;

/** So many revoked keys are remembered: what they began meanwhile is not finished. */
const MAX_REVOKED = 10_000;

/** What a new key is to be. */
export type KeyWish = Pick<KeyRecord, 'name' | 'role'> & Partial<Omit<KeyRecord, 'id' | 'createdAt'>>;

/** A key as it is shown once. */
export interface NewKey extends KeyRecord {
  readonly key: string;
}

/** A key that was revoked, at whichever replica. */
export interface Revocation {
  readonly holder: string;
  /** Whose leases are to end at once, as the admin (`by`, a holder) wants; null: they run out. */
  readonly endLeasesBy: string | null;
}

interface Known {
  readonly hash: Buffer;
  readonly key: ApiKey;
}

export interface KeyServiceParts {
  readonly store: AccessStore;
  readonly clock: Clock;
  /** The keys of the setting API_KEYS. */
  readonly bootstrapKeys: readonly { readonly role: Role; readonly key: string }[];
  readonly randomBytes: (count: number) => Buffer;
  /** Those that remember keys for a moment, too. */
  readonly replicas: Pick<Replicas, 'tell' | 'onTold'>;
}

/** Told to the other replicas when a key was revoked. */
const REVOKED = 'key revoked';

/** API keys: only their SHA-256 hashes are kept, here and in the database. */
export class KeyService {
  readonly #parts: KeyServiceParts;
  readonly #bootstrap: ReadonlyMap<string, Known>;
  readonly #recent = new LRUCache<string, Known>({ max: 10_000, ttl: REMEMBERED_MS });
  readonly #revoked = new LRUCache<string, true>({ max: MAX_REVOKED });
  readonly #listeners: ((revocation: Revocation) => Promise<void>)[] = [];

  constructor(parts: KeyServiceParts) {
    this.#parts = parts;
    // Whatever fails here is done by the replica that was asked, or found by the next look at open streams.
    parts.replicas.onTold(REVOKED, (data) => void this.#over(data as Revocation).catch(() => undefined));
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
   * The key that was presented; null: unknown, revoked or expired. Takes the same time whichever it is close to.
   */
  async authenticate(presented: string): Promise<ApiKey | null> {
    const hash = sha256(presented);
    const hex = hash.toString('hex');
    const known = this.#bootstrap.get(hex) ?? this.#recent.get(hex) ?? (await this.#stored(hash, hex));
    if (!known || !timingSafeEqual(known.hash, hash)) return null;
    return this.isOver(known.key) ? null : known.key;
  }

  /** Whether the key has expired, or is known here to be revoked: what it began is not to be finished. */
  isOver({ holder, expiresAt }: ApiKey): boolean {
    return this.#revoked.has(holder) || (expiresAt !== null && expiresAt <= this.#parts.clock.now());
  }

  list(): Promise<KeyRecord[]> {
    return this.#parts.store.keys();
  }

  /** Makes a key. The key itself is in the answer and nowhere else. */
  create(wish: KeyWish): Promise<NewKey> {
    return this.#keep(this.#newKey(), wish);
  }

  /**
   * Revokes a key, and waits for those who want to know of it (`onRevoked`). With `endLeasesBy` it may be done
   * again, to end leases that could not be ended the first time. @throws NotFound.
   */
  async revoke(id: number, endLeasesBy: string | null = null): Promise<void> {
    const { store, clock, replicas } = this.#parts;
    const outcome = await store.revokeKey(id, clock.now());
    if (outcome === 'unknown' || (outcome === 'already' && endLeasesBy === null)) {
      throw new NotFound('Key not found');
    }
    const revocation: Revocation = { holder: holderOf(id), endLeasesBy };
    replicas.tell(REVOKED, revocation);
    await this.#over(revocation);
  }

  /** Calls back whenever a key was revoked here or at another replica, and when `lookAgain` finds that it was. */
  onRevoked(listener: (revocation: Revocation) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** Looks whether any of these keys was revoked by somebody who could not tell. */
  async lookAgain(keys: readonly ApiKey[]): Promise<void> {
    const kept = keys.filter(({ holder }) => /^key:/.test(holder) && !this.#revoked.has(holder));
    if (kept.length === 0) return;
    const active = new Set((await this.list()).map(({ id }) => holderOf(id)));
    for (const { holder } of kept) if (!active.has(holder)) await this.#over({ holder, endLeasesBy: null });
  }

  /**
   * Makes the first admin key where there is no key at all; null: there is one. `save` has kept it before it
   * opens anything, so that a crash in between locks nobody out.
   */
  async createFirst(save: (key: string) => Promise<void>): Promise<string | null> {
    if (this.#bootstrap.size > 0 || (await this.list()).length > 0) return null;
    const key = this.#newKey();
    await save(key);
    await this.#keep(key, { name: 'first admin key', role: 'admin' });
    return key;
  }

  async #over(revocation: Revocation): Promise<void> {
    this.#revoked.set(revocation.holder, true);
    this.#recent.clear();
    await Promise.all(this.#listeners.map((listener) => listener(revocation)));
  }

  #newKey(): string {
    return `tg_${this.#parts.randomBytes(32).toString('base64url')}`;
  }

  async #keep(key: string, wish: KeyWish): Promise<NewKey> {
    const createdAt = this.#parts.clock.now();
    const unlimited = { maxLeases: null, tags: [], expiresAt: null };
    const record = { ...unlimited, ...wish, createdAt, hash: sha256(key).toString('hex') };
    return { ...(await this.#parts.store.createKey(record)), key };
  }

  async #stored(hash: Buffer, hex: string): Promise<Known | null> {
    const record = await this.#parts.store.keyByHash(hex);
    if (!record) return null;
    const { id, name, role, maxLeases, tags, expiresAt } = record;
    const known = { hash, key: { holder: holderOf(id), name, role, maxLeases, tags, expiresAt } };
    this.#recent.set(hex, known);
    return known;
  }
}

/** How leases and history name a key of the database. */
export function holderOf(keyId: number): string {
  return `key:${keyId}`;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
