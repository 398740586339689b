import { Api } from 'telegram/tl/index.js';
import { exact } from '../tl/values.js';
import { fileBytes, type StoredFile } from '../world/files.js';
import { canRead, fileReference, photoSizes } from '../world/tl_objects.js';
import { accessHash } from '../world/world.js';
import { type Call, method } from './call.js';
import { RpcError } from './errors.js';

/** Downloads (core.telegram.org/api/files). */
export const uploadMethods = [method(Api.upload.GetFile, getFile, { isMedia: true })];

const MIB = 2 ** 20;
const KIB = 1024;

type FileLocation = Api.InputDocumentFileLocation | Api.InputPhotoFileLocation;

function getFile(request: Api.upload.GetFile, call: Call): Api.upload.TypeFile {
  const { location, limit, precise } = request;
  const offset = Number(exact(request.offset));
  checkRange(offset, limit, precise === true);
  if (
    !(location instanceof Api.InputDocumentFileLocation || location instanceof Api.InputPhotoFileLocation)
  ) {
    throw new RpcError('LOCATION_INVALID');
  }
  const file = fileAt(location, call);
  const bytes = fileBytes(file, { offset, length: limit }, variantOf(location));
  return new Api.upload.File({ type: storageType(file), mtime: file.date, bytes });
}

function fileAt(location: FileLocation, { backend, account, dcId }: Call): StoredFile {
  const found = backend.world.file(exact(location.id));
  const isPhoto = location instanceof Api.InputPhotoFileLocation;
  if (found === null || isPhoto !== (found.file.type.kind === 'photo'))
    throw new RpcError('LOCATION_INVALID');
  const { file, channel } = found;
  if (exact(location.accessHash) !== accessHash(account, 'file', file.id))
    throw new RpcError('LOCATION_INVALID');
  if (!canRead(channel, account)) throw new RpcError('CHANNEL_PRIVATE');
  if (location.fileReference.length === 0) throw new RpcError('FILE_REFERENCE_EMPTY');
  if (!location.fileReference.equals(fileReference(file))) throw new RpcError('FILE_REFERENCE_EXPIRED');
  if (file.dcId !== dcId) throw new RpcError(`FILE_MIGRATE_${file.dcId}`);
  return file;
}

/** Documents have no thumbnails here; a photo's sizes are named by one letter. */
function variantOf(location: FileLocation): string {
  if (location instanceof Api.InputDocumentFileLocation) {
    if (location.thumbSize !== '') throw new RpcError('LOCATION_INVALID');
    return '';
  }
  const variant = photoSizes[location.thumbSize];
  if (variant === undefined) throw new RpcError('LOCATION_INVALID');
  return variant;
}

/** The rules of core.telegram.org/api/files, Downloading files: a part may not cross a border of 1 MiB. */
function checkRange(offset: number, limit: number, precise: boolean): void {
  const unit = precise ? KIB : 4 * KIB;
  if (offset < 0 || offset % unit !== 0) throw new RpcError('OFFSET_INVALID');
  const fits = limit > 0 && limit <= MIB && limit % unit === 0 && (precise || MIB % limit === 0);
  if (!fits || Math.floor(offset / MIB) !== Math.floor((offset + limit - 1) / MIB)) {
    throw new RpcError('LIMIT_INVALID');
  }
}

function storageType({ type }: StoredFile): Api.storage.TypeFileType {
  if (type.kind === 'photo') return new Api.storage.FileJpeg();
  if (type.mimeType === 'application/pdf') return new Api.storage.FilePdf();
  return type.mimeType === 'video/mp4' ? new Api.storage.FileMp4() : new Api.storage.FilePartial();
}
