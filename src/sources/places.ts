import { BadRequest } from '../errors.js';
import { parseTargetPath } from '../scraping/target_path.js';
import type { Target } from './store.js';

/** Where a source without a path stores, by its id. */
const OTHERS_OWN = /^source-\d+(\/|$)/i;

/** The roots of the targets; null: the setting that says it is missing. */
export interface Places {
  readonly localRoot: string;
  readonly nasRoot: string | null;
  readonly s3Bucket: string | null;
}

/** @throws BadRequest that says which setting the target lacks. */
export function ensureConfigured(target: Target, { nasRoot, s3Bucket }: Places): void {
  if (target === 'NAS' && nasRoot === null) throw new BadRequest('target: NAS needs the setting NAS_ROOT');
  if (target === 'S3' && s3Bucket === null) throw new BadRequest('target: S3 needs the setting S3_BUCKET');
}

/**
 * The path below the target's root, with `/` between its parts; null: an empty text, which is none.
 * @throws BadRequest where it leaves the root, or is a path that sources without one get.
 */
export function targetPath(given: string, target: Target, { localRoot, nasRoot }: Places): string | null {
  if (given.trim() === '') return null;
  const roots = { LOCAL: localRoot, NAS: nasRoot, S3: null } as const;
  const path = parseTargetPath(given, roots[target]);
  if (OTHERS_OWN.test(path)) {
    throw new BadRequest(
      'target_path: wanted another name: sources without a path store in source-1, source-2, ...',
    );
  }
  return path;
}
