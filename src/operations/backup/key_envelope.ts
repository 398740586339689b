import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { formatEncryptionKey, parseEncryptionKeys } from '../../access/encryption_key.js';
import { OperationRefused } from '../refused.js';

/** The shortest passphrase that is accepted, in characters. */
export const MIN_PASSPHRASE = 12;

/** The cost of scrypt: 128 MiB and some hundred milliseconds for each guess. */
const COST = { n: 2 ** 17, r: 8, p: 1 };

/** What scrypt may use, in bytes. */
const MAX_MEMORY = 512 * 2 ** 20;

const base64 = z.string().transform((text) => Buffer.from(text, 'base64'));
const envelopeSchema = z.object({
  kdf: z.literal('scrypt'),
  n: z
    .int()
    .min(2)
    .max(2 ** 20),
  r: z.int().min(1).max(16),
  p: z.int().min(1).max(4),
  cipher: z.literal('aes-256-gcm'),
  salt: base64,
  iv: base64,
  tag: base64,
  keys: base64,
});

/** Bound to the envelope: another file that was encrypted with the passphrase is not taken for it. */
const PURPOSE = Buffer.from('telegate backup keys');

/** Encrypts keys with a passphrase (scrypt, AES-256-GCM). */
export async function sealKeys(keys: readonly Uint8Array[], passphrase: string): Promise<Buffer> {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt, COST), iv).setAAD(PURPOSE);
  const text = keys.map(formatEncryptionKey).join(',');
  const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
  const tag = cipher.getAuthTag();
  const bytes = { salt, iv, tag, keys: encrypted };
  const encoded = Object.entries(bytes).map(([name, value]) => [name, value.toString('base64')]);
  const parameters = { kdf: 'scrypt', ...COST, cipher: 'aes-256-gcm' };
  return Buffer.from(`${JSON.stringify({ ...parameters, ...Object.fromEntries(encoded) })}\n`);
}

/** The keys of an envelope. @throws OperationRefused if the passphrase is wrong. */
export async function openKeys(sealed: Buffer, passphrase: string): Promise<readonly Uint8Array[]> {
  try {
    const { salt, iv, tag, keys, ...cost } = envelopeSchema.parse(JSON.parse(sealed.toString()));
    const decipher = createDecipheriv('aes-256-gcm', await derive(passphrase, salt, cost), iv);
    decipher.setAAD(PURPOSE).setAuthTag(tag);
    const text = Buffer.concat([decipher.update(keys), decipher.final()]).toString();
    return parseEncryptionKeys(text);
  } catch {
    throw new OperationRefused(
      'The passphrase does not decrypt the encryption keys of this backup. Nothing was changed.',
    );
  }
}

function derive(
  passphrase: string,
  salt: Buffer,
  { n: N, r, p }: { readonly n: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same characters, however the keyboard composed them.
    scrypt(passphrase.normalize('NFC'), salt, 32, { N, r, p, maxmem: MAX_MEMORY }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
