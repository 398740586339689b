import { Failed } from '../../kernel/errors.js';
import type { Target } from '../../sources/store.js';

/** A target could not be written or read. Says what to do about it; holds no secret and no absolute path. */
export class SinkFailed extends Failed {
  readonly target: Target;
  /** Relative to the target's root; null: the target as a whole failed. */
  readonly path: string | null;
  /** Whether the same call may succeed later without anybody doing anything. */
  readonly retryable: boolean;

  constructor(target: Target, path: string | null, reason: string, retryable = false) {
    super(`${target}${path === null ? '' : ` ${path}`}: ${reason}`, { code: 'sink_failed' });
    this.target = target;
    this.path = path;
    this.retryable = retryable;
  }
}

/** A path leaves its target's root through a symbolic link. */
export class OutsideRoot extends Error {
  override readonly name = 'OutsideRoot';
}

/** A file has fewer bytes than were written to it. */
export class FileTruncated extends Error {
  override readonly name = 'FileTruncated';
  readonly bytes: number;

  constructor(bytes: number) {
    super(`only ${bytes} bytes are left`);
    this.bytes = bytes;
  }
}

/** The failure of a target that has fewer bytes of a month than were recorded. */
export function truncated(target: Target, path: string, found: number, recorded: number): SinkFailed {
  const remedy = 'restore the file, or create the source again with another target_path';
  return new SinkFailed(target, path, `has ${found} of the ${recorded} bytes that were stored: ${remedy}`);
}

/** What to check where recorded messages are missing; a local disk may be another replica's. */
const MISSING_REMEDY = {
  NAS: 'is NAS_ROOT mounted, or was it moved?',
  LOCAL: 'is DATA_DIR mounted, or was it moved? Replicas must share DATA_DIR/scraped, or store in NAS or S3',
} as const;

/** The failure of a disk that lacks the month that was recorded. */
export function missing(target: 'LOCAL' | 'NAS', path: string): SinkFailed {
  return new SinkFailed(target, path, `messages were stored here, but it is gone: ${MISSING_REMEDY[target]}`);
}

const DISK_FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const NOT_PERMITTED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const NOT_FOUND: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
/** What network file systems and broken disks answer for a while. */
const TRANSIENT_ON_DISK: ReadonlySet<string> = new Set([
  ...['EIO', 'ESTALE', 'ETIMEDOUT', 'EAGAIN', 'EBUSY', 'EINTR', 'ENOTCONN', 'EHOSTDOWN', 'EHOSTUNREACH'],
  ...['ECONNRESET', 'ECONNABORTED', 'EREMOTEIO', 'ENODEV', 'ENXIO'],
]);

const LINK_LEAVES_ROOT =
  "a symbolic link leads out of the target's root: give the source another target_path";

/** Works on a disk. @throws SinkFailed for what the file system refuses; any other error as it is. */
export async function onDisk<Result>(
  target: Target,
  path: string | null,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(target, path, error);
  }
}

/** The file system's error as `SinkFailed`; any other error as it is. */
export function diskFailure(target: Target, path: string | null, error: unknown): unknown {
  if (error instanceof OutsideRoot) return new SinkFailed(target, path, LINK_LEAVES_ROOT);
  const code = systemCode(error);
  if (code === null) return error;
  return new SinkFailed(target, path, diskReason(target, code), TRANSIENT_ON_DISK.has(code));
}

function diskReason(target: Target, code: string): string {
  const disk = target === 'NAS' ? 'NAS_ROOT' : 'DATA_DIR';
  if (DISK_FULL.has(code)) {
    return `no space is left in ${disk} (${code}): free some space, then start the source again`;
  }
  if (NOT_PERMITTED.has(code)) {
    return `${disk} can't be written (${code}): the service's user needs permission to write there`;
  }
  if (NOT_FOUND.has(code)) return `is not there any more (${code}): is ${disk} still mounted?`;
  if (code === 'ELOOP') return 'is a symbolic link, and those are not followed';
  if (TRANSIENT_ON_DISK.has(code)) return `${disk} does not respond properly (${code}): check the disk`;
  return `can't be stored (${code})`;
}

/** Only errors of the operating system: those of a stream (`ERR_…`) are not the disk's. */
function systemCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('syscall' in error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** What S3 servers answer to callers who are unknown or lack a permission. */
const NOT_AUTHORIZED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
]);

/** Codes of connections that were refused, timed out, or broke. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'TimeoutError'],
]);

/** What matters of an error of the SDK, or of the connection below it. */
interface S3Error {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What the SDK threw as `SinkFailed`, with the server's code and nothing else of its answer; other errors as they are. */
export function s3Failure(path: string | null, error: unknown): unknown {
  const { name = '', code = name, $metadata } = error as S3Error;
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) {
    const reason = `the server refused with ${statusText(name, status)}${s3Remedy(name, status)}`;
    return new SinkFailed('S3', path, reason, isTransientOnS3(name, status));
  }
  if (!UNREACHABLE.has(code)) return error;
  return new SinkFailed('S3', path, `the server does not answer (${code}): see S3_ENDPOINT`, true);
}

/** Whether the server says that there is no such object. */
export function isMissingObject(error: unknown): boolean {
  const { name, $metadata } = error as S3Error;
  return $metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket';
}

/** Whether the server says that it does not know the upload, or not any more. */
export function isUnknownUpload(error: unknown): boolean {
  return (error as S3Error).name === 'NoSuchUpload';
}

function isTransientOnS3(name: string, status: number): boolean {
  return status >= 500 || status === 429 || status === 408 || name === 'NoSuchUpload';
}

function statusText(name: string, status: number): string {
  return /^[A-Z][A-Za-z]{1,60}$/.test(name) && name !== 'Error' ? `${status} ${name}` : `${status}`;
}

function s3Remedy(name: string, status: number): string {
  if (name === 'NoSuchBucket') return ': create the bucket, or set S3_BUCKET to another';
  if (status === 403 || NOT_AUTHORIZED.has(name)) {
    return ': see S3_ACCESS_KEY_ID, its secret, and its permissions to list, read, write and delete in S3_BUCKET';
  }
  return status === 301 ? ': see S3_REGION and S3_ENDPOINT' : '';
}
