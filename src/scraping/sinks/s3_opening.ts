import type { Checkpoint } from '../store.js';
import type { Bucket } from './bucket.js';
import { directoryOf } from './disk_place.js';
import { ensureOwn, OWNER_MARK, ownerMark } from './owner_mark.js';
import type { StoringSource } from './sink.js';
import { firstUnrecordedMonth, isUnrecordedFile, isUnrecordedMonth } from './unrecorded.js';

/** Makes the source's part of the bucket its own. */
export async function claim(bucket: Bucket, source: StoringSource, signal: AbortSignal): Promise<void> {
  const directory = directoryOf(source);
  const key = `${directory}/${OWNER_MARK}`;
  const object = await bucket.facts(key, signal);
  const found = object === null || object.bytes === 0 ? '' : await textOf(bucket, key, object.bytes, signal);
  ensureOwn(source, directory, found);
  if (found === '') await bucket.put(key, ownerMark(source), signal);
}

/** A mark is short: of anything longer, the beginning tells that it is none. */
async function textOf(bucket: Bucket, key: string, bytes: number, signal: AbortSignal): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await bucket.read(key, Math.min(bytes, 200), signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Removes what runs that were cut off have left: parts of uploads, and all that was never recorded. */
export async function removeLeftovers(
  bucket: Bucket,
  directory: string,
  checkpoint: Checkpoint,
  signal: AbortSignal,
): Promise<void> {
  await bucket.abandonUploads(`${directory}/`, signal);
  const messages = `${directory}/messages/`;
  for await (const key of bucket.keys(messages, messages, signal)) {
    const isDirect = !key.slice(messages.length).includes('/');
    if (isDirect && isUnrecordedMonth(key, checkpoint)) await bucket.remove(key, signal);
  }
  const files = `${directory}/files/`;
  for await (const key of bucket.keys(files, `${files}${firstUnrecordedMonth(checkpoint)}`, signal)) {
    const [, name = '', ...deeper] = key.slice(files.length).split('/');
    if (deeper.length === 0 && isUnrecordedFile(name, checkpoint)) await bucket.remove(key, signal);
  }
}
