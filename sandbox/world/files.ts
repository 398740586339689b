import { createCipheriv } from 'node:crypto';
import { sha256 } from '../crypto/primitives.js';

/** The type of a file. */
export interface FileType {
  readonly kind: 'photo' | 'document';
  readonly mimeType: string;
  readonly extension: string;
  /** The signature of this type. */
  readonly signature: Buffer;
}

/** A file of the sandbox. Its bytes are not stored but derived from its id. */
export interface StoredFile {
  readonly id: bigint;
  readonly dcId: number;
  readonly type: FileType;
  readonly name: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly date: number;
}

const fileTypes: Readonly<Record<string, FileType>> = {
  photo: {
    kind: 'photo',
    mimeType: 'image/jpeg',
    extension: 'jpg',
    signature: Buffer.from('ffd8ffe000104a464946', 'hex'),
  },
  pdf: {
    kind: 'document',
    mimeType: 'application/pdf',
    extension: 'pdf',
    signature: Buffer.from('%PDF-1.7\n'),
  },
  video: {
    kind: 'document',
    mimeType: 'video/mp4',
    extension: 'mp4',
    signature: Buffer.from('000000186674797069736f6d', 'hex'),
  },
  audio: { kind: 'document', mimeType: 'audio/mpeg', extension: 'mp3', signature: Buffer.from('ID3\u0004') },
  text: {
    kind: 'document',
    mimeType: 'text/plain',
    extension: 'txt',
    signature: Buffer.from('sandbox file\n'),
  },
  zip: {
    kind: 'document',
    mimeType: 'application/zip',
    extension: 'zip',
    signature: Buffer.from('504b0304', 'hex'),
  },
};

const BLOCK = 16;

/** The type that the seed calls `name`. Throws RangeError if there is none. */
export function fileType(name: string): FileType {
  const found = fileTypes[name];
  if (found === undefined) throw new RangeError(`unknown file type ${name}`);
  return found;
}

/**
 * The bytes `[offset, offset + length)` of a file, fewer at its end: the type's signature, then AES-256-CTR's
 * key stream under the SHA-256 of its id and `variant` (a photo's smaller sizes are other bytes).
 */
export function fileBytes(file: StoredFile, range: { offset: number; length: number }, variant = ''): Buffer {
  const size = fileSize(file, variant);
  const end = Math.min(range.offset + range.length, size);
  if (range.offset >= end) return Buffer.alloc(0);
  const firstBlock = Math.floor(range.offset / BLOCK);
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(firstBlock), 8);
  const cipher = createCipheriv('aes-256-ctr', sha256(Buffer.from(`${file.id}:${variant}`)), counter);
  const bytes = cipher
    .update(Buffer.alloc(end - firstBlock * BLOCK))
    .subarray(range.offset - firstBlock * BLOCK);
  file.type.signature.copy(bytes, 0, Math.min(range.offset, file.type.signature.length));
  return bytes;
}

/** Bytes of the whole file, or of a photo's smaller size. */
export function fileSize(file: StoredFile, variant = ''): number {
  return variant === '' ? file.size : Math.ceil(file.size / 4);
}
