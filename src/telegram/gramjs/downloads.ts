import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import { TelegramRefused, TelegramUnreachable } from '../errors.js';
import type { DcKey } from '../gateway.js';
import type { MediaFile } from '../message.js';
import type { TelegramConnection } from './connection.js';
import type { TaskConnections } from './connection_pool.js';
import { isRefusal, migrationTarget, UNKNOWN_KEY } from './rpc_errors.js';

const PIECE = 512 * 1024;
/** No piece may cross a multiple of this (core.telegram.org/api/files). */
const BORDER = 1024 * 1024;
const UNIT = 4096;

/**
 * The connections that an account's files are read over: its own, and one to each other data centre, opened when
 * needed.
 */
export class MediaConnections {
  readonly #connections: TaskConnections;
  readonly #home: TelegramConnection;
  readonly #key: DcKey;
  readonly #others = new Map<number, Promise<TelegramConnection>>();

  constructor(connections: TaskConnections, home: TelegramConnection) {
    this.#connections = connections;
    this.#home = home;
    this.#key = home.key;
  }

  /** Calls a method at a data centre, as the account. Rejects as calls do. */
  async call<Request extends Api.AnyRequest>(dcId: number, request: Request): Promise<Request['__response']> {
    if (dcId === this.#key.dcId) return this.#home.call(request);
    const opened = this.#others.get(dcId) ?? this.#open(dcId);
    this.#others.set(dcId, opened);
    try {
      return await callAbroad(await opened, request);
    } catch (error) {
      // The next call opens a new one if this one has ended.
      const isOver = await opened.then(({ isOpen }) => !isOpen).catch(() => true);
      if (isOver && this.#others.get(dcId) === opened) this.#others.delete(dcId);
      throw error;
    }
  }

  /** The account's own key is known at its own data centre only: at another one it gets a new key. */
  async #open(dcId: number): Promise<TelegramConnection> {
    const connection = await this.#connections.open({ dcId, test: this.#key.test }, null);
    try {
      const { id, bytes } = await this.#home.call(new Api.auth.ExportAuthorization({ dcId }));
      await callAbroad(connection, new Api.auth.ImportAuthorization({ id, bytes }));
      return connection;
    } catch (error) {
      await this.#connections.hangUp(connection);
      throw error;
    }
  }
}

/** A data centre that does not know the key made for a download says nothing of the session's own key. */
async function callAbroad<Request extends Api.AnyRequest>(
  connection: TelegramConnection,
  request: Request,
): Promise<Request['__response']> {
  try {
    return await connection.call(request);
  } catch (error) {
    if (!isRefusal(error, UNKNOWN_KEY)) throw error;
    throw new TelegramUnreachable(
      `data centre ${connection.key.dcId} no longer knows the key of the download`,
    );
  }
}

/**
 * The file's bytes from `offset` on, a piece at a time, from whichever data centre has it. Rejects as calls do, or
 * with RangeError for an offset that is no multiple of 4096.
 */
export async function* download(
  connections: MediaConnections,
  file: MediaFile,
  offset: number,
): AsyncGenerator<Buffer> {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset % UNIT !== 0) {
    throw new RangeError(`${offset} is no multiple of ${UNIT}`);
  }
  let { dcId } = file;
  let moved = false;
  for (let at = offset; ; ) {
    const limit = Math.min(PIECE, BORDER - (at % BORDER));
    try {
      const bytes = await piece(connections, dcId, file, { at, limit });
      if (bytes.length > 0) yield bytes;
      if (bytes.length < limit) return;
      at += bytes.length;
    } catch (error) {
      const target = migrationTarget(error, ['FILE']);
      // Once: two data centres that redirect to each other would do so for ever.
      if (target === null || moved) throw error;
      moved = true;
      dcId = target;
    }
  }
}

async function piece(
  connections: MediaConnections,
  dcId: number,
  file: MediaFile,
  { at, limit }: { readonly at: number; readonly limit: number },
): Promise<Buffer> {
  const location = locationOf(file);
  const request = new Api.upload.GetFile({ location, offset: returnBigInt(at), limit, precise: true });
  const answer = await connections.call(dcId, request);
  if (answer instanceof Api.upload.File) return answer.bytes;
  // Very popular files are stored outside Telegram, encrypted, and fetched in quite another way.
  throw new TelegramRefused('FILE_CDN_REDIRECT', 'upload.getFile');
}

/** Where Telegram keeps a file. */
function locationOf(file: MediaFile): Api.TypeInputFileLocation {
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
