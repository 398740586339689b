import { createCipheriv, createHash } from 'node:crypto';
import { IGE } from 'telegram/crypto/IGE.js';

/** SHA-1 of the parts, one after the other. */
export function sha1(...parts: readonly Buffer[]): Buffer {
  return hash('sha1', parts);
}

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: readonly Buffer[]): Buffer {
  return hash('sha256', parts);
}

function hash(algorithm: string, parts: readonly Buffer[]): Buffer {
  const state = createHash(algorithm);
  for (const part of parts) state.update(part);
  return state.digest();
}

/** A key of AES-256 and the two blocks that IGE starts from. */
export interface IgeKey {
  /** 32 bytes. */
  readonly key: Buffer;
  /** 32 bytes: the ciphertext block before the first, then the plaintext block before the first. */
  readonly iv: Buffer;
}

const BLOCK = 16;

/**
 * Encrypts by AES-256-IGE (core.telegram.org/mtproto/description, note 2). `plain` is whole blocks.
 *
 * OpenSSL has no IGE any more, but it is CBC in disguise: c(i) = E(p(i) ^ c(i-1)) ^ p(i-1), so
 * c(i) ^ p(i-1) is the CBC of p(i) ^ p(i-2). That makes downloads as fast as the machine's AES.
 */
export function encryptIge(plain: Buffer, { key, iv }: IgeKey): Buffer {
  const before = Buffer.concat([iv.subarray(BLOCK), plain]);
  const chained = Buffer.from(plain);
  xorInto(chained, before, BLOCK);
  const cipher = createCipheriv('aes-256-cbc', key, iv.subarray(0, BLOCK)).setAutoPadding(false);
  const encrypted = Buffer.concat([cipher.update(chained), cipher.final()]);
  xorInto(encrypted, before, 0);
  return encrypted;
}

/** The inverse of `encryptIge`. */
export function decryptIge(encrypted: Buffer, { key, iv }: IgeKey): Buffer {
  return new IGE(key, iv).decryptIge(encrypted);
}

/** Combines `target` from `from` on with the beginning of `source`. */
function xorInto(target: Buffer, source: Buffer, from: number): void {
  for (let at = from; at < target.length; at++) {
    target[at] = (target[at] ?? 0) ^ (source[at - from] ?? 0);
  }
}
