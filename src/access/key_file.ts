import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENCRYPTION_KEY_BYTES, formatEncryptionKey, parseEncryptionKey } from './encryption_key.js';
import { createPrivateFile, hasCode } from './private_file.js';

/** The file with the encryption key is there but holds no key. The message says which file and what to do. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** Where the key is that was not given in the settings. */
export function encryptionKeyFile(dataDir: string): string {
  return join(dataDir, 'encryption.key');
}

/**
 * The key in `dataDir`/encryption.key. If there is no such file, makes one (mode 0600, and the directory if
 * need be) with 32 bytes from `randomBytes`. An existing file is never changed. Two starts at once agree on
 * one key, and the key is on the disk before anything can be encrypted with it.
 *
 * @throws KeyFileError if the file holds anything but one key; the file system's error if it can't be read.
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
      `${path} does not hold an encryption key (${ENCRYPTION_KEY_BYTES} bytes as base64). Put the right one ` +
        'back from a backup, or give it in ENCRYPTION_KEYS. It is not replaced by a new key, because what was ' +
        'encrypted with the old one could then never be read again.',
    );
  }
}
