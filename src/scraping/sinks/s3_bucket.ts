import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { isMissingObject, isUnknownUpload, SinkFailed, s3Failure } from './failures.js';

/** Where and how to reach an S3 bucket; null if not set. */
export interface S3Config {
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly bucket: string | null;
  readonly accessKeyId: string | null;
  readonly secretAccessKey: string | null;
  /** The bucket is in the path, not in the host name, as self-hosted servers usually require. */
  readonly forcePathStyle: boolean;
}

/** An object as it is now. */
export interface ObjectInfo {
  readonly bytes: number;
  /** Changes with its content. */
  readonly etag: string;
}

/** What is uploaded: text, or the first bytes of a file. */
export type ObjectContent = string | { readonly path: string; readonly bytes: number };

/**
 * A bucket, as a sink uses it. Every call rejects with `SinkFailed`, or with the signal's reason once that is aborted;
 * the SDK has then retried what may be transient.
 */
export interface Bucket {
  /** Writes an object whole or not at all, replacing what was there; resolves to its etag once it is durable. */
  put(key: string, content: ObjectContent, signal: AbortSignal): Promise<string>;
  /** Null: there is no such object. */
  info(key: string, signal: AbortSignal): Promise<ObjectInfo | null>;
  /** The first `bytes` of an object, at least one. */
  read(key: string, bytes: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** The bytes of an object from `first` to `last`, both included. */
  readRange(key: string, first: number, last: number, signal: AbortSignal): Promise<Readable>;
  /** The keys with this prefix that come after `after`, in order. */
  keys(prefix: string, after: string, signal: AbortSignal): AsyncIterable<string>;
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** Aborts unfinished uploads to keys with this prefix, where the server supports that. */
  abortUploads(prefix: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The SDK as it was loaded. */
type Sdk = typeof import('@aws-sdk/client-s3') & typeof import('@aws-sdk/lib-storage');

/** How often the SDK tries a request, and how long connecting and silence may last, in milliseconds. */
const ATTEMPTS = 6;
const CONNECT_TIMEOUT_MS = 5_000;
const SOCKET_TIMEOUT_MS = 30_000;

/** Bytes of a part, and how many are sent at once: what an upload holds in memory. */
const PART_BYTES = 5 * 2 ** 20;
const CONCURRENT_PARTS = 2;
/** S3 takes no more parts of one object. */
const MAX_PARTS = 10_000;
/** How long a failed upload may take to tell the server that it is aborted, in milliseconds. */
const ABORT_TIMEOUT_MS = 3_000;

/**
 * The bucket of the settings; nothing is sent yet. The SDK is loaded here and no earlier, since it is large.
 * @throws SinkFailed if no bucket is set.
 */
export async function connectS3(config: S3Config): Promise<Bucket> {
  if (config.bucket === null) throw new SinkFailed('S3', null, 'S3_BUCKET is not set');
  const [client, storage] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
  return new S3Bucket({ ...client, ...storage }, new client.S3Client(clientOptions(config)), config.bucket);
}

function clientOptions({ endpoint, region, accessKeyId, secretAccessKey, forcePathStyle }: S3Config) {
  const hasKeys = accessKeyId !== null && secretAccessKey !== null;
  return {
    ...(endpoint === null ? {} : { endpoint }),
    ...(hasKeys ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    region: region ?? 'us-east-1',
    forcePathStyle,
    maxAttempts: ATTEMPTS,
    // Few servers but Amazon's know the checksums that the SDK would add.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS },
  } as const;
}

class S3Bucket implements Bucket {
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #name: string;

  constructor(sdk: Sdk, client: S3Client, name: string) {
    this.#sdk = sdk;
    this.#client = client;
    this.#name = name;
  }

  put(key: string, content: ObjectContent, signal: AbortSignal): Promise<string> {
    return translateErrors(key, signal, async () => {
      try {
        return await this.#upload(key, content, signal);
      } catch (error) {
        // The answer to the last request may have been lost; on its retry the server knows the upload no more.
        if (isUnknownUpload(error)) return this.#upload(key, content, signal);
        throw error;
      }
    });
  }

  info(key: string, signal: AbortSignal): Promise<ObjectInfo | null> {
    const command = new this.#sdk.HeadObjectCommand(this.#at(key));
    return translateErrors(key, signal, async () => {
      try {
        const { ContentLength = 0, ETag = '' } = await this.#client.send(command, { abortSignal: signal });
        return { bytes: ContentLength, etag: ETag };
      } catch (error) {
        if (isMissingObject(error)) return null;
        throw error;
      }
    });
  }

  async read(key: string, bytes: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return chunksOf(key, signal, await this.readRange(key, 0, bytes - 1, signal));
  }

  readRange(key: string, first: number, last: number, signal: AbortSignal): Promise<Readable> {
    const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), Range: `bytes=${first}-${last}` });
    return translateErrors(key, signal, async () => {
      const { Body } = await this.#client.send(command, { abortSignal: signal });
      return addAbortSignal(signal, Body as Readable);
    });
  }

  async *keys(prefix: string, after: string, signal: AbortSignal): AsyncGenerator<string> {
    const wanted = { Bucket: this.#name, Prefix: prefix, StartAfter: after };
    const pages = this.#sdk.paginateListObjectsV2({ client: this.#client }, wanted, { abortSignal: signal });
    for (;;) {
      const { done, value: page } = await translateErrors(prefix, signal, () => pages.next());
      if (done) return;
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
    }
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.DeleteObjectCommand(this.#at(key));
    await translateErrors(key, signal, () => this.#client.send(command, { abortSignal: signal }));
  }

  async abortUploads(prefix: string, signal: AbortSignal): Promise<void> {
    try {
      const command = new this.#sdk.ListMultipartUploadsCommand({ Bucket: this.#name, Prefix: prefix });
      const { Uploads = [] } = await this.#client.send(command, { abortSignal: signal });
      for (const { Key, UploadId } of Uploads) {
        const abort = new this.#sdk.AbortMultipartUploadCommand({ Bucket: this.#name, Key, UploadId });
        await this.#client.send(abort, { abortSignal: signal });
      }
    } catch {
      // They cost nothing but space: many servers drop them on their own, and not all can list them.
      signal.throwIfAborted();
    }
  }

  close(): void {
    this.#client.destroy();
  }

  /**
   * Uploads an object, in parts if it is large, and resolves to its etag. When it fails or is aborted, the server is
   * told to drop the parts, as far as it can be reached: the next opening of the sink makes sure of it.
   */
  async #upload(key: string, content: ObjectContent, signal: AbortSignal): Promise<string> {
    const upload = new this.#sdk.Upload({
      client: this.#abortedBy(signal),
      params: { ...this.#at(key), Body: bodyOf(content) },
      partSize: Math.max(PART_BYTES, Math.ceil(lengthOf(content) / MAX_PARTS)),
      queueSize: CONCURRENT_PARTS,
    });
    const { ETag = '' } = await upload.done();
    return ETag;
  }

  /**
   * The client, whose requests end with the signal: `Upload` itself would abandon them while they go on. Aborting the
   * upload goes on all the same, and its outcome does not hide the first error.
   */
  #abortedBy(signal: AbortSignal): S3Client {
    const client = this.#client;
    const send = (command: Parameters<S3Client['send']>[0]) => {
      if (!(command instanceof this.#sdk.AbortMultipartUploadCommand)) {
        return client.send(command, { abortSignal: signal });
      }
      const abortSignal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
      return client.send(command, { abortSignal }).catch(() => undefined);
    };
    return Object.create(client, { send: { value: send } });
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#name, Key: key };
  }
}

function lengthOf(content: ObjectContent): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.bytes;
}

function bodyOf(content: ObjectContent) {
  if (typeof content === 'string') return Buffer.from(content);
  // A stream can't be given an end before its first byte.
  if (content.bytes === 0) return Buffer.alloc(0);
  return createReadStream(content.path, { start: 0, end: content.bytes - 1, highWaterMark: 2 ** 20 });
}

async function* chunksOf(key: string, signal: AbortSignal, body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw s3Failure(key, error);
  }
}

async function translateErrors<Result>(
  path: string,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw s3Failure(path, error);
  }
}
