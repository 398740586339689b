import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import type { ErrorDetail } from '../kernel/errors.js';
import { ENCRYPTION_KEY_BYTES } from './encryption_key.js';
import { SecretUnreadable, VaultError } from './vault_errors.js';

/** The contexts of the secrets that are kept for longer than a login lasts: each names the field it stays in. */
export const PROXY_PASSWORD = 'proxy.pass';
export const SESSION_API_HASH = 'sessions.api_hash';
export const SESSION_CREDENTIALS = 'sessions.credentials';
export const SOURCE_API_HASH = 'sources.api_hash';
export const SOURCE_BOT_TOKEN = 'sources.bot_token';
export const SOURCE_BOT_SESSION = 'sources.bot_session';

interface NamedKey {
  readonly kid: string;
  readonly key: KeyObject;
}

/** Decrypts a secret. @throws SecretUnreadable made of `detail` where no key does; what else `decrypting` throws. */
export async function decryptedOr<Secret>(
  decrypting: Promise<Secret>,
  detail: () => ErrorDetail,
): Promise<Secret> {
  try {
    return await decrypting;
  } catch (error) {
    throw error instanceof VaultError ? new SecretUnreadable(detail()) : error;
  }
}

/**
 * Encrypts the secrets that are kept in the database: compact JWE, `dir` and `A256GCM`. A token is bound to its
 * context (say `sessions.session_string:42`): moved to another field, it can no longer be decrypted.
 */
export class Vault {
  readonly #current: NamedKey;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  /**
   * Takes `keys` of 32 bytes each, newest first: the first one encrypts, all of them decrypt.
   *
   * @throws VaultError `bad_key` if there is none or one has another length.
   */
  constructor(keys: readonly Uint8Array[]) {
    const named = keys.map(nameKey);
    const [current] = named;
    if (current === undefined) throw new VaultError('bad_key', 'a vault needs at least one encryption key');
    this.#current = current;
    this.#keys = new Map(named.map(({ kid, key }) => [kid, key]));
  }

  /** Encrypts with the newest key. The same text never gives the same token twice. */
  async encrypt(plaintext: string, context: string): Promise<string> {
    const { kid, key } = this.#current;
    return new CompactEncrypt(Buffer.from(plaintext))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, ctx: context })
      .encrypt(key);
  }

  /**
   * The text that was encrypted for this context.
   *
   * @throws VaultError `malformed`, `unknown_key`, `wrong_context` or `tampered`.
   */
  async decrypt(token: string, context: string): Promise<string> {
    const { kid, ctx } = readHeader(token);
    const key = kid === undefined ? undefined : this.#keys.get(kid);
    if (key === undefined) throw new VaultError('unknown_key', 'no key in use decrypts this secret');
    if (ctx !== context) throw new VaultError('wrong_context', 'this secret belongs to another field');
    const allowed = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
    try {
      const { plaintext } = await compactDecrypt(token, key, allowed);
      return Buffer.from(plaintext).toString();
    } catch {
      throw new VaultError('tampered', 'this secret was changed since it was encrypted');
    }
  }

  /** Keys of 32 bytes for another `purpose`, one derived from each key, the newest first. */
  derivedKeys(purpose: string): Uint8Array[] {
    return [...this.#keys.values()].map((key) => new Uint8Array(hkdfSync('sha256', key, '', purpose, 32)));
  }

  /** Whether the newest key made this token. If not, or if it is no token at all, it has to be encrypted again. */
  isCurrent(token: string): boolean {
    return keyIdOfToken(token) === this.#current.kid;
  }
}

function nameKey(bytes: Uint8Array): NamedKey {
  if (bytes.length !== ENCRYPTION_KEY_BYTES) {
    throw new VaultError(
      'bad_key',
      `an encryption key has ${ENCRYPTION_KEY_BYTES} bytes, not ${bytes.length}`,
    );
  }
  return { kid: keyIdOf(bytes), key: createSecretKey(bytes) };
}

/** The public name of an encryption key, which each secret that it encrypted carries. */
export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** The public name of the key that made this token; null: it is no token. */
export function keyIdOfToken(token: string): string | null {
  try {
    return readHeader(token).kid ?? null;
  } catch {
    return null;
  }
}

function readHeader(token: string): { kid: string | undefined; ctx: unknown } {
  try {
    const { kid, ctx } = decodeProtectedHeader(token);
    return { kid, ctx };
  } catch {
    throw new VaultError('malformed', 'this is not an encrypted secret');
  }
}
