import { Conflict } from '../kernel/errors.js';

/**
 * Why a vault failed: `bad_key` (no key, or not 32 bytes), `malformed` (not one of its tokens), `unknown_key`
 * (encrypted with a key it does not have), `wrong_context` (encrypted for another field) or `tampered`.
 */
export type VaultErrorCode = 'bad_key' | 'malformed' | 'unknown_key' | 'wrong_context' | 'tampered';

/** An error of the vault. Neither the message nor any field contains a key, a plaintext or a token. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A stored secret that no key in use decrypts; the message says which one, and how to give it again. No secret. */
export class SecretUnreadable extends Conflict {}
