import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type S3rver from 's3rver';
import type { Context, Store } from 's3rver';

/** How many objects the server lists. */
export interface Pages {
  /** At most, in one answer. */
  largest: number;
}

/** Makes the server list more objects than fit a page: s3rver encrypts its tokens with DES, which OpenSSL has dropped. */
export function servePages(server: S3rver, pages: Pages): void {
  server.middleware.unshift(async (context, next) => {
    const { method, query } = context;
    if (method !== 'GET' || query['list-type'] !== '2') return next();
    const token = query['continuation-token'];
    const startAfter =
      token === undefined ? query['start-after'] : Buffer.from(token, 'base64url').toString();
    const maxKeys = Math.min(Number(query['max-keys'] ?? pages.largest), pages.largest);
    const options = { prefix: query.prefix, startAfter, maxKeys };
    const page = await server.store.listObjects(bucketOf(context), options);
    const keys = page.objects.map(({ key }) => key);
    answer(context, 200, objectListing(keys, page.isTruncated));
  });
}

function bucketOf({ path }: Context): string {
  return decodeURIComponent(path.split('/')[1] ?? '');
}

function objectListing(keys: readonly string[], isTruncated: boolean): string {
  const contents = keys.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`).join('');
  const token = Buffer.from(keys.at(-1) ?? '').toString('base64url');
  const next = isTruncated ? `<NextContinuationToken>${token}</NextContinuationToken>` : '';
  return `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents}</ListBucketResult>`;
}

function escaped(text: string): string {
  return text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A multipart upload that is neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly id: string;
}

/** Makes the server list uploads, abort them, and refuse unknown ones, which s3rver can't. */
export function serveUnfinishedUploads(server: S3rver): void {
  server.middleware.unshift(async (context, next) => {
    const { method, query } = context;
    const bucket = bucketOf(context);
    const uploads = await unfinishedUploads(server.store, bucket);
    const isKnown = uploads.some(({ id }) => id === query.uploadId);
    if (method === 'DELETE' && query.uploadId !== undefined) {
      await rm(join(uploadsDirectory(server.store, bucket), query.uploadId), {
        recursive: true,
        force: true,
      });
      context.status = 204;
    } else if (method === 'POST' && query.uploadId !== undefined && !isKnown) {
      answer(context, 404, '<Error><Code>NoSuchUpload</Code><Message>There is none.</Message></Error>');
    } else if (method === 'GET' && query.uploads !== undefined) {
      answer(context, 200, uploadListing(uploads.filter(({ key }) => key.startsWith(query.prefix ?? ''))));
    } else {
      await next();
    }
  });
}

function answer(context: Context, status: number, document: string): void {
  context.status = status;
  context.type = 'application/xml';
  context.body = `<?xml version="1.0"?>${document}`;
}

/** The bucket's unfinished uploads. */
export async function unfinishedUploads(store: Store, bucket: string): Promise<UnfinishedUpload[]> {
  const directory = uploadsDirectory(store, bucket);
  const ids = await readdir(directory).catch(() => []);
  const uploads = ids.map(async (id) => {
    // One that ends meanwhile has none.
    const key = await readFile(join(directory, id, 'key'), 'utf8').catch(() => null);
    return key === null ? [] : [{ id, key }];
  });
  return (await Promise.all(uploads)).flat();
}

function uploadsDirectory(store: Store, bucket: string): string {
  return store.getResourcePath(bucket, undefined, 'uploads');
}

function uploadListing(uploads: readonly UnfinishedUpload[]): string {
  const entries = uploads.map(
    ({ key, id }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`,
  );
  return `<ListMultipartUploadsResult>${entries.join('')}</ListMultipartUploadsResult>`;
}
