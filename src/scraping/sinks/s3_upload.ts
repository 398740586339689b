import { createReadStream } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectContent } from './bucket.js';
import { isUnknownUpload } from './s3_failures.js';

/** The SDK as it was loaded. */
export type Sdk = typeof import('@aws-sdk/client-s3') & typeof import('@aws-sdk/lib-storage');

/** Bytes of a part, and how many are sent at once: what an upload holds in memory. */
const PART_BYTES = 5 * 2 ** 20;
const PARTS_AT_ONCE = 2;
/** S3 takes no more parts of one object. */
const MOST_PARTS = 10_000;
/** How long an upload that has failed may take to say so to the server, in milliseconds. */
const CLEARING_UP_MS = 3_000;

/**
 * Uploads an object, in parts if it is large, and resolves to its etag. When it fails or is aborted, the server is
 * told to forget the parts, as well as that goes: the next opening of the sink makes sure.
 */
export async function upload(
  sdk: Sdk,
  client: S3Client,
  at: { readonly Bucket: string; readonly Key: string },
  content: ObjectContent,
  signal: AbortSignal,
): Promise<string> {
  const sending = () =>
    new sdk.Upload({
      client: endedBy(signal, sdk, client),
      params: { ...at, Body: bodyOf(content) },
      partSize: Math.max(PART_BYTES, Math.ceil(lengthOf(content) / MOST_PARTS)),
      queueSize: PARTS_AT_ONCE,
    }).done();
  const { ETag = '' } = await sending().catch((error: unknown) => {
    // The answer to the last request was lost, and asked again the server knows of no upload: it may be whole.
    if (isUnknownUpload(error)) return sending();
    throw error;
  });
  return ETag;
}

function lengthOf(content: ObjectContent): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.bytes;
}

function bodyOf(content: ObjectContent) {
  if (typeof content === 'string') return Buffer.from(content);
  // A stream of nothing has no end that could be given.
  if (content.bytes === 0) return Buffer.alloc(0);
  return createReadStream(content.path, { start: 0, end: content.bytes - 1, highWaterMark: 2 ** 20 });
}

/**
 * The client, whose requests end with the signal: `Upload` itself would let go of them and leave them under way.
 * Clearing up goes on all the same, and what becomes of it does not hide what has failed.
 */
function endedBy(signal: AbortSignal, sdk: Sdk, client: S3Client): S3Client {
  const send = (command: Parameters<S3Client['send']>[0]) => {
    if (!(command instanceof sdk.AbortMultipartUploadCommand))
      return client.send(command, { abortSignal: signal });
    const inTime = { abortSignal: AbortSignal.timeout(CLEARING_UP_MS) };
    return client.send(command, inTime).catch(() => undefined);
  };
  return Object.create(client, { send: { value: send } });
}
