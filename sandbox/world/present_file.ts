import { Api } from 'telegram/tl/index.js';
import { sha256 } from '../crypto/hashes.js';
import { long } from '../tl/values.js';
import type { Account } from './accounts.js';
import { fileSize, type StoredFile } from './files.js';
import { accessHash } from './world.js';

/** A photo's smaller size and the whole of it (core.telegram.org/api/files, Image thumbnail types). */
export const photoSizes: Readonly<Record<string, string>> = { m: 'm', y: '' };

/** A file as the media of a message. */
export function presentFile(file: StoredFile, viewer: Account): Api.TypeMessageMedia {
  return file.type.kind === 'photo'
    ? new Api.MessageMediaPhoto({ photo: presentPhoto(file, viewer) })
    : new Api.MessageMediaDocument({ document: presentDocument(file, viewer) });
}

/** What a client has to show to be given the file; Telegram's change with time, ours do not. */
export function fileReference(file: StoredFile): Buffer {
  return sha256(Buffer.from(`reference:${file.id}`)).subarray(0, 20);
}

function presentPhoto(file: StoredFile, viewer: Account): Api.Photo {
  const sizes = Object.entries(photoSizes).map(([type, variant]) => {
    const side = variant === '' ? 1280 : 320;
    return new Api.PhotoSize({ type, w: side, h: side, size: fileSize(file, variant) });
  });
  return new Api.Photo({ ...identity(file, viewer), sizes });
}

function presentDocument(file: StoredFile, viewer: Account): Api.Document {
  const name = new Api.DocumentAttributeFilename({ fileName: file.name });
  return new Api.Document({
    ...identity(file, viewer),
    mimeType: file.type.mimeType,
    size: long(BigInt(file.size)),
    attributes: file.type.mimeType.startsWith('video/')
      ? [new Api.DocumentAttributeVideo({ duration: 12, w: 640, h: 360, supportsStreaming: true }), name]
      : [name],
  });
}

function identity(file: StoredFile, viewer: Account) {
  return {
    id: long(file.id),
    accessHash: long(accessHash(viewer, 'file', file.id)),
    fileReference: fileReference(file),
    date: file.date,
    dcId: file.dcId,
  };
}
