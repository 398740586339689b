/** Length of an encryption key, in bytes: that of AES-256. */
export const ENCRYPTION_KEY_BYTES = 32;

/**
 * Reads one encryption key: 32 bytes as base64, base64url (padded or not) or 64 hexadecimal digits. Blanks
 * around it are ignored.
 *
 * @throws Error without the text, if it is none of these.
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
 * @throws Error that names the first wrong entry by its place in the list and never shows it.
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
