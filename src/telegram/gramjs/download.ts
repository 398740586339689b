import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import { TelegramRefused } from '../errors.js';
import type { MediaFile } from '../message.js';
import { locationOf } from './media.js';
import type { MediaLines } from './media_lines.js';
import { migrationTarget } from './rpc_errors.js';

const PIECE = 512 * 1024;
/** No piece may lie on both sides of a multiple of this (core.telegram.org/api/files). */
const BORDER = 1024 * 1024;
const UNIT = 4096;

/**
 * The file's bytes from `offset` on, a piece at a time, from whichever data centre has it. Rejects as calls do, or
 * with RangeError for an offset that is no multiple of 4096.
 */
export async function* download(lines: MediaLines, file: MediaFile, offset: number): AsyncGenerator<Buffer> {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset % UNIT !== 0) {
    throw new RangeError(`${offset} is no multiple of ${UNIT}`);
  }
  let { dcId } = file;
  let moved = false;
  for (let at = offset; ; ) {
    const limit = Math.min(PIECE, BORDER - (at % BORDER));
    try {
      const bytes = await piece(lines, dcId, file, { at, limit });
      if (bytes.length > 0) yield bytes;
      if (bytes.length < limit) return;
      at += bytes.length;
    } catch (error) {
      const target = migrationTarget(error, ['FILE']);
      // Once: two data centres that send us to each other would do so for ever.
      if (target === null || moved) throw error;
      moved = true;
      dcId = target;
    }
  }
}

async function piece(
  lines: MediaLines,
  dcId: number,
  file: MediaFile,
  { at, limit }: { readonly at: number; readonly limit: number },
): Promise<Buffer> {
  const location = locationOf(file);
  const request = new Api.upload.GetFile({ location, offset: returnBigInt(at), limit, precise: true });
  const answer = await lines.call(dcId, request);
  if (answer instanceof Api.upload.File) return answer.bytes;
  // Very popular files lie outside of Telegram, encrypted, and are fetched in quite another way.
  throw new TelegramRefused('FILE_CDN_REDIRECT', 'upload.getFile');
}
