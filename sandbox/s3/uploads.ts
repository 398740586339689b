import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type S3rver from 's3rver';
import type { Context, Store } from 's3rver';

/** An upload in parts that has not come to its end. */
export interface WaitingUpload {
  readonly key: string;
  readonly id: string;
}

/** Teaches the server to list uploads, to abandon them, and to say that it knows of none: s3rver can't. */
export function serveWaitingUploads(server: S3rver): void {
  server.middleware.unshift(async (context, next) => {
    const { method, query } = context;
    const bucket = decodeURIComponent(context.path.split('/')[1] ?? '');
    const uploads = await waitingUploads(server.store, bucket);
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
      answer(context, 200, listing(uploads.filter(({ key }) => key.startsWith(query.prefix ?? ''))));
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

/** The bucket's uploads that have not come to their end. */
export async function waitingUploads(store: Store, bucket: string): Promise<WaitingUpload[]> {
  const directory = uploadsDirectory(store, bucket);
  const ids = await readdir(directory).catch(() => []);
  const uploads = ids.map(async (id) => {
    // One that comes to its end while it is looked at has none.
    const key = await readFile(join(directory, id, 'key'), 'utf8').catch(() => null);
    return key === null ? [] : [{ id, key }];
  });
  return (await Promise.all(uploads)).flat();
}

function uploadsDirectory(store: Store, bucket: string): string {
  return store.getResourcePath(bucket, undefined, 'uploads');
}

function listing(uploads: readonly WaitingUpload[]): string {
  const entries = uploads.map(
    ({ key, id }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`,
  );
  return `<ListMultipartUploadsResult>${entries.join('')}</ListMultipartUploadsResult>`;
}
