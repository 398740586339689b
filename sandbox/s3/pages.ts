import type S3rver from 's3rver';
import type { Context } from 's3rver';

/** How a server lists objects. */
export interface Pages {
  /** As many as it lists at once. */
  largest: number;
}

/** Teaches the server to list more objects than fit a page: s3rver makes its tokens with DES, which OpenSSL has dropped. */
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
    context.status = 200;
    context.type = 'application/xml';
    context.body = `<?xml version="1.0"?>${listing(
      page.objects.map(({ key }) => key),
      page.isTruncated,
    )}`;
  });
}

function bucketOf({ path }: Context): string {
  return decodeURIComponent(path.split('/')[1] ?? '');
}

function listing(keys: readonly string[], isTruncated: boolean): string {
  const contents = keys.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`).join('');
  const token = Buffer.from(keys.at(-1) ?? '').toString('base64url');
  const next = isTruncated ? `<NextContinuationToken>${token}</NextContinuationToken>` : '';
  return `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents}</ListBucketResult>`;
}

function escaped(text: string): string {
  return text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
