import { Api } from 'telegram/tl/index.js';
import { sha256 } from '../crypto/hashes.js';
import { long } from '../tl/values.js';
import type { AuthKey } from './auth_key.js';

const PERIOD_S = 1800;
/** Telegram gives 64 at most. */
const MOST = 64;

/** The salt of `authKey` at `now`, in milliseconds. Derived from the key, so that none need be stored. */
export function saltAt(authKey: AuthKey, now: number): bigint {
  const period = Buffer.alloc(8);
  period.writeDoubleLE(periodOf(now));
  return sha256(authKey.bytes, period).readBigInt64LE();
}

/** Whether a message with `salt` is taken at `now`: the last period's is too (mtproto/description, Server salt). */
export function isSaltValid(authKey: AuthKey, salt: bigint, now: number): boolean {
  return salt === saltAt(authKey, now) || salt === saltAt(authKey, now - PERIOD_S * 1000);
}

/** The answer to `get_future_salts`. */
export function futureSalts(
  authKey: AuthKey,
  { messageId, count, now }: { messageId: bigint; count: number; now: number },
): Api.FutureSalts {
  const length = Math.min(Math.max(count, 0), MOST);
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
