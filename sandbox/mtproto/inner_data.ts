import { Api } from 'telegram/tl/index.js';
import { decryptIge, sha1, sha256 } from '../crypto/primitives.js';
import type { RsaKey } from '../crypto/rsa_key.js';
import { TlReadError, TlReader } from '../tl/reader.js';
import { currentLayer, schemaOfLayer } from '../tl/schema.js';
import type { TlObject } from '../tl/values.js';

type InnerData = Api.PQInnerData | Api.PQInnerDataDc;

const schema = schemaOfLayer(currentLayer);

/**
 * `p_q_inner_data` out of `req_DH_params`, in the way of today (RSA_PAD, as GramJS writes it) or in that of
 * before 2021 (SHA-1 and data, as Telethon 1.25 does). Null: neither, or damaged.
 */
export function openInnerData(encrypted: Buffer, rsaKey: RsaKey): InnerData | null {
  const decrypted = decryptOrNull(encrypted, rsaKey);
  if (decrypted === null) return null;
  const inner = openPadded(decrypted) ?? openWithHash(decrypted.subarray(1));
  return inner instanceof Api.PQInnerData || inner instanceof Api.PQInnerDataDc ? inner : null;
}

/** The object in `SHA1(object) + object + padding`. Null: the hash does not match. */
export function openWithHash(bytes: Buffer): TlObject | null {
  const found = readObject(bytes.subarray(20));
  return found !== null && sha1(found.bytes).equals(bytes.subarray(0, 20)) ? found.object : null;
}

/** RSA_PAD (mtproto/auth_key, Presenting proof of work): a temporary AES key hides in the block itself. */
function openPadded(block: Buffer): TlObject | null {
  const encrypted = block.subarray(32);
  const mask = sha256(encrypted);
  const key = Buffer.from(block.subarray(0, 32).map((byte, at) => byte ^ (mask[at] ?? 0)));
  const opened = decryptIge(encrypted, { key, iv: Buffer.alloc(32) });
  const data = Buffer.from(opened.subarray(0, 192)).reverse();
  if (!sha256(key, data).equals(opened.subarray(192))) return null;
  return readObject(data)?.object ?? null;
}

function readObject(bytes: Buffer): { readonly object: TlObject; readonly bytes: Buffer } | null {
  const reader = new TlReader(bytes, schema);
  try {
    const object = reader.object();
    return { object, bytes: bytes.subarray(0, reader.offset) };
  } catch (error) {
    if (error instanceof TlReadError) return null;
    throw error;
  }
}

function decryptOrNull(encrypted: Buffer, rsaKey: RsaKey): Buffer | null {
  try {
    return rsaKey.decrypt(encrypted);
  } catch {
    // OpenSSL refuses what is not smaller than the modulus, or not 256 bytes.
    return null;
  }
}
