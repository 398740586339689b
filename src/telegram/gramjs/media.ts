import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import type { MediaFile } from '../message.js';

/** The file of a message's media; null: it has none that can be downloaded. */
export function presentFile(media: Api.TypeMessageMedia | null | undefined): MediaFile | null {
  if (media instanceof Api.MessageMediaDocument && media.document instanceof Api.Document) {
    return presentDocument(media.document);
  }
  if (media instanceof Api.MessageMediaPhoto && media.photo instanceof Api.Photo) {
    return presentPhoto(media.photo);
  }
  return null;
}

/** Where Telegram keeps a file. */
export function locationOf(file: MediaFile): Api.TypeInputFileLocation {
  const where = {
    id: returnBigInt(file.id),
    accessHash: returnBigInt(file.accessHash),
    fileReference: Buffer.from(file.fileReference, 'base64'),
    thumbSize: file.thumbSize ?? '',
  };
  return file.kind === 'photo'
    ? new Api.InputPhotoFileLocation(where)
    : new Api.InputDocumentFileLocation(where);
}

function presentDocument(document: Api.Document): MediaFile {
  const named = document.attributes.find((attribute) => attribute instanceof Api.DocumentAttributeFilename);
  return {
    ...identity(document),
    kind: 'document',
    thumbSize: null,
    name: named?.fileName ?? null,
    mimeType: document.mimeType,
    sizeBytes: document.size.toJSNumber(),
  };
}

/** A photo without a size that is a file of its own (one that has expired, say) is no file. */
function presentPhoto(photo: Api.Photo): MediaFile | null {
  const [largest] = photo.sizes.flatMap(fileSize).sort((one, other) => other.area - one.area);
  if (largest === undefined) return null;
  const { type: thumbSize, sizeBytes } = largest;
  return { ...identity(photo), kind: 'photo', thumbSize, name: null, mimeType: 'image/jpeg', sizeBytes };
}

function fileSize(size: Api.TypePhotoSize): { type: string; area: number; sizeBytes: number }[] {
  if (size instanceof Api.PhotoSize)
    return [{ type: size.type, area: size.w * size.h, sizeBytes: size.size }];
  if (size instanceof Api.PhotoSizeProgressive) {
    return [{ type: size.type, area: size.w * size.h, sizeBytes: Math.max(...size.sizes) }];
  }
  return [];
}

function identity({ id, accessHash, fileReference, dcId }: Api.Document | Api.Photo) {
  return {
    id: id.toString(),
    accessHash: accessHash.toString(),
    fileReference: fileReference.toString('base64'),
    dcId,
  };
}
