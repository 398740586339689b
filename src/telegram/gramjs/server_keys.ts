import { _serverKeys } from 'telegram/crypto/RSA.js';
import { readBigIntFromBuffer } from 'telegram/Helpers.js';
import type { RsaKey } from '../network.js';

/** Has GramJS trust these keys too, from now on, beside Telegram's own. */
export function trust(keys: readonly RsaKey[]): void {
  for (const { fingerprint, modulus, exponent } of keys) {
    _serverKeys.set(fingerprint, { n: readBigIntFromBuffer(modulus, false), e: exponent });
  }
}
