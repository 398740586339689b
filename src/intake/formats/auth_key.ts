import { createHash } from 'node:crypto';

/** The length of every MTProto auth key (core.telegram.org/mtproto/auth_key: 2048 bits). */
export const authKeyBytes = 256;

/** The SHA-256 of an auth key in lower-case hex: tells whether two sessions are one account, and gives nothing away. */
export function authKeyDigest(authKey: Buffer): string {
  return createHash('sha256').update(authKey).digest('hex');
}

/** Why a stored value certainly is no auth key, in plain words; null: it has the form of one. */
export function authKeyFault(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return 'no auth key';
  if (!Buffer.isBuffer(value)) return 'auth key is not binary';
  if (value.length === 0) return 'no auth key';
  if (value.length !== authKeyBytes) return `auth key of ${value.length} bytes, ${authKeyBytes} wanted`;
  return null;
}
