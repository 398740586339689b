import type { Target } from '../../sources/store.js';
import { LeadsOut } from './directories.js';
import { SinkFailed } from './sink_failed.js';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const FORBIDDEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
/** What disks over a network, and broken ones, answer. */
const FALTERING: ReadonlySet<string> = new Set([
  ...['EIO', 'ESTALE', 'ETIMEDOUT', 'EAGAIN', 'EBUSY', 'EINTR', 'ENOTCONN', 'EHOSTDOWN', 'EHOSTUNREACH'],
  ...['ECONNRESET', 'ECONNABORTED', 'EREMOTEIO', 'ENODEV', 'ENXIO'],
]);

const LED_OUT = "a symbolic link leads out of the target's root: give the source another target_path";

/** Does work on a disk; what the file system refuses is told as `SinkFailed`. */
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
  if (error instanceof LeadsOut) return new SinkFailed(target, path, LED_OUT);
  const code = systemCode(error);
  if (code === null) return error;
  return new SinkFailed(target, path, reason(target, code), FALTERING.has(code));
}

function reason(target: Target, code: string): string {
  const disk = target === 'NAS' ? 'NAS_ROOT' : 'DATA_DIR';
  if (FULL.has(code)) return `no space is left in ${disk} (${code}): make room, then start the source again`;
  if (FORBIDDEN.has(code)) return `${disk} can't be written (${code}): the service's user needs the right to`;
  if (GONE.has(code)) return `is not there any more (${code}): is ${disk} still mounted?`;
  if (code === 'ELOOP') return 'is a symbolic link, and those are not followed';
  if (FALTERING.has(code)) return `${disk} does not answer as it should (${code}): look after its disk`;
  return `can't be stored (${code})`;
}

/** Only the operating system's errors: a stream's (`ERR_…`) are not the disk's. */
function systemCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('syscall' in error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
