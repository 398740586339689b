import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
} from 'node:crypto';
import { encodeBytes } from '../tl/writer.js';
import { sha1 } from './primitives.js';

/** What a client needs to trust a data centre (core.telegram.org/mtproto/auth_key, RSA keys). */
export interface PublicKey {
  /** PKCS#1, as Telethon's `add_key` reads it. */
  readonly pem: string;
  readonly modulus: bigint;
  readonly exponent: number;
  /** Signed, as it travels. */
  readonly fingerprint: bigint;
}

/** The data centres' own key. */
export interface RsaKey {
  readonly publicKey: PublicKey;
  /** Raw RSA, without padding: 256 bytes from 256 bytes. Throws if `encrypted` is not smaller than the modulus. */
  decrypt(encrypted: Buffer): Buffer;
}

/** A new key of 2048 bits, as PKCS#1 text. */
export function generateRsaPem(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey;
}

/** The key that `pem` holds. Throws where it holds none. */
export function rsaKeyFrom(pem: string): RsaKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const modulus = Buffer.from(n, 'base64url');
  const exponent = Buffer.from(e, 'base64url');
  return {
    publicKey: {
      pem: publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      modulus: BigInt(`0x${modulus.toString('hex')}`),
      exponent: exponent.readUIntBE(0, exponent.length),
      fingerprint: fingerprintOf(modulus, exponent),
    },
    decrypt: (encrypted) => privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted),
  };
}

/** The last 64 bits of the SHA-1 of both numbers as TL writes them. */
function fingerprintOf(modulus: Buffer, exponent: Buffer): bigint {
  return sha1(encodeBytes(modulus), encodeBytes(exponent)).readBigInt64LE(12);
}
