import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFile, hasCode, writePrivateFile } from '../kernel/private_files.js';

/** The length of an encryption key (AES-256), in bytes. */
export const ENCRYPTION_KEY_BYTES = 32;

/**
 * Reads one encryption key: 32 bytes as base64, base64url (padded or not) or 64 hexadecimal digits. Surrounding
 * whitespace is ignored.
 *
 * @throws Error without the text if it is none of these.
 */
export function parseEncryptionKey(text: string): Uint8Array {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return new Uint8Array(Buffer.from(trimmed, 'hex'));
  if (/^[\w+/-]{43}=?$/.test(trimmed)) return new Uint8Array(Buffer.from(trimmed, 'base64'));
  throw new Error(`not ${ENCRYPTION_KEY_BYTES} bytes as base64, base64url or 64 hexadecimal digits`);
}

/** The text that `parseEncryptionKey` reads back as `key`. */
export function formatEncryptionKey(key: Uint8Array): string {
  return Buffer.from(key).toString('base64url');
}

/**
 * Reads a comma-separated list of encryption keys, newest first. Empty entries are skipped.
 *
 * @throws Error that names the first wrong entry by its position and never shows it.
 */
export function parseEncryptionKeys(list: string): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (const [index, entry] of list.split(',').entries()) {
    if (entry.trim() === '') continue;
    try {
      keys.push(parseEncryptionKey(entry));
    } catch (error) {
      throw new Error(`key ${index + 1} of the list is ${error instanceof Error ? error.message : error}`);
    }
  }
  return keys;
}

/** The file of the encryption key holds no key. The message names the file and says what to do. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** Where the key is kept when the settings give none. */
export function encryptionKeyFile(dataDir: string): string {
  return join(dataDir, 'encryption.key');
}

/**
 * Returns the key in `dataDir`/encryption.key. If the file does not exist, it is created (mode 0600, and the
 * directory if necessary) with 32 bytes from `randomBytes`. An existing file is never changed. Two concurrent starts
 * agree on one key, and the key is on disk before anything can be encrypted with it.
 *
 * @throws KeyFileError if the file contains anything but one key; the file system's error if it can't be read.
 */
export async function loadOrCreateEncryptionKey(
  dataDir: string,
  randomBytes: (length: number) => Uint8Array,
): Promise<Uint8Array> {
  const path = encryptionKeyFile(dataDir);
  const existing = await readIfThere(path);
  if (existing !== null) return parse(existing, path);
  const fresh = `${formatEncryptionKey(randomBytes(ENCRYPTION_KEY_BYTES))}\n`;
  parse(fresh, path);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const won = await createPrivateFile(path, fresh);
  return parse(won ? fresh : await readFile(path, 'utf8'), path);
}

/** The keys of the file. */
export interface KeyFile {
  readonly current: Uint8Array;
  /** The key that is to replace it, while secrets are being encrypted with that one; null: none is. */
  readonly next: Uint8Array | null;
}

/** The first line of a file that holds two keys: two without it are a mistake. */
const ROTATING = '# a rotation has begun: the current key, then the next one';

/**
 * The keys in `dataDir`/encryption.key; null: there is no such file.
 *
 * @throws KeyFileError if the file contains anything else; the file system's error if it can't be read.
 */
export async function readKeyFile(dataDir: string): Promise<KeyFile | null> {
  const path = encryptionKeyFile(dataDir);
  const text = await readIfThere(path);
  if (text === null) return null;
  const [first, current = '', next = '', ...rest] = text.trimEnd().split('\n');
  if (first !== ROTATING) return { current: parse(text, path), next: null };
  return { current: parse(current, path), next: parse([next, ...rest].join('\n'), path) };
}

/** The content of a file with these keys. */
export function formatKeyFile({ current, next }: KeyFile): string {
  const lines =
    next === null
      ? [formatEncryptionKey(current)]
      : [ROTATING, formatEncryptionKey(current), formatEncryptionKey(next)];
  return `${lines.join('\n')}\n`;
}

/** Replaces the keys in `dataDir`/encryption.key at once and durably. */
export async function writeKeyFile(dataDir: string, keys: KeyFile): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writePrivateFile(encryptionKeyFile(dataDir), formatKeyFile(keys));
}

/** All keys of the file, the current one first. */
export function keysIn({ current, next }: KeyFile): readonly Uint8Array[] {
  return next === null ? [current] : [current, next];
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function parse(text: string, path: string): Uint8Array {
  try {
    return parseEncryptionKey(text);
  } catch {
    throw new KeyFileError(
      `${path} does not contain an encryption key (${ENCRYPTION_KEY_BYTES} bytes as base64). Restore the right one ` +
        'from a backup, or set it in ENCRYPTION_KEYS. TeleGate does not replace it with a new key, because secrets ' +
        'encrypted with the old one could never be decrypted again.',
    );
  }
}
