import { Failed } from '../../errors.js';
import type { Target } from '../../sources/store.js';

/** A target could not be written or read. Says what to do about it; holds no secret and no absolute path. */
export class SinkFailed extends Failed {
  readonly target: Target;
  /** Relative to the target's root; null: it is the target as a whole that failed. */
  readonly path: string | null;
  /** Whether the same may go well when it is tried again, without anybody doing anything. */
  readonly mayPass: boolean;

  constructor(target: Target, path: string | null, reason: string, mayPass = false) {
    super(`${target}${path === null ? '' : ` ${path}`}: ${reason}`, { code: 'sink_failed' });
    this.target = target;
    this.path = path;
    this.mayPass = mayPass;
  }
}

/** What is said where less is found than was recorded. */
export function cutShort(target: Target, path: string, found: number, recorded: number): SinkFailed {
  const remedy = 'put back what it was, or make the source anew with another target_path';
  return new SinkFailed(target, path, `has ${found} bytes of the ${recorded} that were stored: ${remedy}`);
}
