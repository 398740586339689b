import { sha1 } from '../crypto/hashes.js';
import { littleEndianInteger } from '../crypto/integers.js';

/** A key shared by one client and one data centre (core.telegram.org/mtproto/auth_key). */
export class AuthKey {
  /** The lowest 64 bits of its SHA-1, as they travel before every message. */
  readonly id: Buffer;
  readonly #auxiliaryHash: Buffer;

  constructor(
    /** 256 bytes. */
    readonly bytes: Buffer,
  ) {
    const hash = sha1(bytes);
    this.id = hash.subarray(12);
    this.#auxiliaryHash = hash.subarray(0, 8);
  }

  /** `new_nonce_hash1`, `2` or `3`: what shows the client that both have the same key. */
  nonceHash(newNonce: Buffer, number: 1 | 2 | 3): bigint {
    return littleEndianInteger(sha1(newNonce, Buffer.from([number]), this.#auxiliaryHash).subarray(4));
  }
}
