import { SinkFailed } from './sink_failed.js';

/** What every S3 server answers to those who have not the right, or are not known. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'AccessDenied',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
]);

/** Codes of connections that were not made, or broke. */
const UNREACHED: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'TimeoutError'],
]);

/** What is looked at of an error of the SDK, or of the connection under it. */
interface Thrown {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What the SDK threw, as `SinkFailed`: with the server's code, and nothing else of its answer. */
export function s3Failure(path: string | null, error: unknown): unknown {
  if (error instanceof SinkFailed) return error;
  const { name = '', code = name, $metadata } = error as Thrown;
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) {
    const reason = `the server refused with ${shown(name, status)}${remedy(name, status)}`;
    return new SinkFailed('S3', path, reason, mayPass(name, status));
  }
  if (!UNREACHED.has(code)) return error;
  return new SinkFailed('S3', path, `the server does not answer (${code}): see S3_ENDPOINT`, true);
}

/** Whether the server says that there is no such object. */
export function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as Thrown;
  return $metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket';
}

/** Whether the server says that it knows of no such upload, or not any more. */
export function isUnknownUpload(error: unknown): boolean {
  return (error as Thrown).name === 'NoSuchUpload';
}

function mayPass(name: string, status: number): boolean {
  return status >= 500 || status === 429 || status === 408 || name === 'NoSuchUpload';
}

function shown(name: string, status: number): string {
  return /^[A-Z][A-Za-z]{1,60}$/.test(name) && name !== 'Error' ? `${status} ${name}` : `${status}`;
}

function remedy(name: string, status: number): string {
  if (name === 'NoSuchBucket') return ': make the bucket, or set S3_BUCKET to another';
  if (status === 403 || FORBIDDEN.has(name)) {
    return ': see S3_ACCESS_KEY_ID, its secret, and its rights to list, read, write and delete in S3_BUCKET';
  }
  return status === 301 ? ': see S3_REGION and S3_ENDPOINT' : '';
}
