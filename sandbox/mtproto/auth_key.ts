import { Api } from 'telegram/tl/index.js';
import { littleEndianInteger } from '../crypto/integers.js';
import { sha1, sha256 } from '../crypto/primitives.js';
import { long } from '../tl/values.js';

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

const PERIOD_S = 1800;
/** Telegram returns at most 64. */
const MAX_SALTS = 64;

/** The salt of `authKey` at `now`, in milliseconds. Derived from the key, so that none need be stored. */
export function saltAt(authKey: AuthKey, now: number): bigint {
  const period = Buffer.alloc(8);
  period.writeDoubleLE(periodOf(now));
  return sha256(authKey.bytes, period).readBigInt64LE();
}

/**
 * Whether a message with `salt` is accepted at `now`: the last period's is as well (mtproto/description, Server
 * salt).
 */
export function isSaltValid(authKey: AuthKey, salt: bigint, now: number): boolean {
  return salt === saltAt(authKey, now) || salt === saltAt(authKey, now - PERIOD_S * 1000);
}

/** The answer to `get_future_salts`. */
export function futureSalts(
  authKey: AuthKey,
  { messageId, count, now }: { messageId: bigint; count: number; now: number },
): Api.FutureSalts {
  const length = Math.min(Math.max(count, 0), MAX_SALTS);
  return new Api.FutureSalts({
    reqMsgId: long(messageId),
    now: Math.floor(now / 1000),
    salts: Array.from({ length }, (_, ahead) => {
      const validSince = (periodOf(now) + ahead) * PERIOD_S;
      return new Api.FutureSalt({
        validSince,
        validUntil: validSince + 2 * PERIOD_S,
        salt: long(saltAt(authKey, validSince * 1000)),
      });
    }),
  });
}

function periodOf(now: number): number {
  return Math.floor(now / 1000 / PERIOD_S);
}
