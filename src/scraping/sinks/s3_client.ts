import { addAbortSignal, type Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../../config.js';
import type { Bucket, ObjectContent, ObjectFacts } from './bucket.js';
import { isMissing, s3Failure } from './s3_failures.js';
import { type Sdk, upload } from './s3_upload.js';
import { SinkFailed } from './sink_failed.js';

/** How often a request is tried that may pass, and how long connecting and a silence may take, in milliseconds. */
const ATTEMPTS = 6;
const CONNECT_MS = 5_000;
const SILENCE_MS = 30_000;

/**
 * The bucket of the settings; nothing is sent yet. The SDK is loaded here, and not before: it is large.
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
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
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
    return telling(key, signal, () => upload(this.#sdk, this.#client, this.#at(key), content, signal));
  }

  facts(key: string, signal: AbortSignal): Promise<ObjectFacts | null> {
    const command = new this.#sdk.HeadObjectCommand(this.#at(key));
    return telling(key, signal, async () => {
      try {
        const { ContentLength = 0, ETag = '' } = await this.#client.send(command, { abortSignal: signal });
        return { bytes: ContentLength, etag: ETag };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    });
  }

  read(key: string, bytes: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), Range: `bytes=0-${bytes - 1}` });
    return telling(key, signal, async () => {
      const { Body } = await this.#client.send(command, { abortSignal: signal });
      return pieces(key, signal, addAbortSignal(signal, Body as Readable));
    });
  }

  async *keys(prefix: string, after: string, signal: AbortSignal): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const from = token === undefined ? { StartAfter: after } : { ContinuationToken: token };
      const command = new this.#sdk.ListObjectsV2Command({ Bucket: this.#name, Prefix: prefix, ...from });
      const page = await telling(prefix, signal, () => this.#client.send(command, { abortSignal: signal }));
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.DeleteObjectCommand(this.#at(key));
    await telling(key, signal, () => this.#client.send(command, { abortSignal: signal }));
  }

  async abandonUploads(prefix: string, signal: AbortSignal): Promise<void> {
    try {
      const command = new this.#sdk.ListMultipartUploadsCommand({ Bucket: this.#name, Prefix: prefix });
      const { Uploads = [] } = await this.#client.send(command, { abortSignal: signal });
      for (const { Key, UploadId } of Uploads) {
        const abandon = new this.#sdk.AbortMultipartUploadCommand({ Bucket: this.#name, Key, UploadId });
        await this.#client.send(abandon, { abortSignal: signal });
      }
    } catch {
      // They cost space, and nothing else: many servers drop them by themselves, and not all can list them.
      signal.throwIfAborted();
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#name, Key: key };
  }
}

async function* pieces(key: string, signal: AbortSignal, body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw s3Failure(key, error);
  }
}

async function telling<Result>(
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
