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
}

/** How long a key may be used after another process revoked it, in milliseconds. */
const REMEMBERED_MS = 5000;

/** A key as it is shown once. */
export interface NewKey extends KeyRecord {
  readonly key: string;
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

  constructor(parts: KeyServiceParts) {
    this.#parts = parts;
    parts.replicas.onTold(REVOKED, () => this.#recent.clear());
    this.#bootstrap = new Map(
      parts.bootstrapKeys.map(({ role, key }) => {
        const hash = sha256(key);
        const id = hash.toString('hex').slice(0, 12);
        return [
          hash.toString('hex'),
          { hash, key: { holder: `env:${id}`, name: `API_KEYS ${id}`, role, maxLeases: null } },
        ];
      }),
    );
  }

  /** The key that was presented; null: unknown or revoked. Takes the same time whichever it is close to. */
  async authenticate(presented: string): Promise<ApiKey | null> {
    const hash = sha256(presented);
    const hex = hash.toString('hex');
    const known = this.#bootstrap.get(hex) ?? this.#recent.get(hex) ?? (await this.#stored(hash, hex));
    return known && timingSafeEqual(known.hash, hash) ? known.key : null;
  }

  list(): Promise<KeyRecord[]> {
    return this.#parts.store.keys();
  }

  /** Makes a key. The key itself is in the answer and nowhere else. */
  create(name: string, role: Role, maxLeases: number | null): Promise<NewKey> {
    return this.#keep(this.#newKey(), name, role, maxLeases);
  }

  /** @throws NotFound. */
  async revoke(id: number): Promise<void> {
    if (!(await this.#parts.store.revokeKey(id, this.#parts.clock.now())))
      throw new NotFound('Key not found');
    this.#recent.clear();
    this.#parts.replicas.tell(REVOKED, null);
  }

  /**
   * Makes the first admin key where there is no key at all; null: there is one. `save` has kept it before it
   * opens anything, so that a crash in between locks nobody out.
   */
  async createFirst(save: (key: string) => Promise<void>): Promise<string | null> {
    if (this.#bootstrap.size > 0 || (await this.list()).length > 0) return null;
    const key = this.#newKey();
    await save(key);
    await this.#keep(key, 'first admin key', 'admin', null);
    return key;
  }

  #newKey(): string {
    return `tg_${this.#parts.randomBytes(32).toString('base64url')}`;
  }

  async #keep(key: string, name: string, role: Role, maxLeases: number | null): Promise<NewKey> {
    const createdAt = this.#parts.clock.now();
    const record = { name, role, maxLeases, createdAt, hash: sha256(key).toString('hex') };
    return { ...(await this.#parts.store.createKey(record)), key };
  }

  async #stored(hash: Buffer, hex: string): Promise<Known | null> {
    const record = await this.#parts.store.keyByHash(hex);
    if (!record) return null;
    const { name, role, maxLeases } = record;
    const known = { hash, key: { holder: `key:${record.id}`, name, role, maxLeases } };
    this.#recent.set(hex, known);
    return known;
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
