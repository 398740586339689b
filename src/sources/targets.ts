import { BadRequest } from '../kernel/errors.js';
import { type SourceSettings, TARGETS, type Target } from './store.js';

/** The roots of the targets; null: not configured. */
export interface TargetRoots {
  readonly localRoot: string;
  readonly nasRoot: string | null;
  readonly s3Bucket: string | null;
}

/** The targets at which sources can store. */
export function configuredTargets({ nasRoot, s3Bucket }: TargetRoots): Target[] {
  const lacking = { LOCAL: false, NAS: nasRoot === null, S3: s3Bucket === null };
  return TARGETS.filter((target) => !lacking[target]);
}

/** @throws BadRequest that says which setting the target lacks. */
export function ensureConfigured(target: Target, { nasRoot, s3Bucket }: TargetRoots): void {
  if (target === 'NAS' && nasRoot === null)
    throw new BadRequest('target: NAS needs the setting NAS_ROOT', {
      code: 'target_not_configured',
      field: 'target',
    });
  if (target === 'S3' && s3Bucket === null)
    throw new BadRequest('target: S3 needs the setting S3_BUCKET', {
      code: 'target_not_configured',
      field: 'target',
    });
}

/** The default paths of sources, by their ids. */
const PATHS_BY_ID = /^source-\d+(\/|$)/i;

/**
 * The path relative to the target's root, with `/` between its parts; null: an empty text.
 * @throws BadRequest if it leaves the root, or is a default path of sources.
 */
export function targetPath(
  given: string,
  target: Target,
  { localRoot, nasRoot }: TargetRoots,
): string | null {
  if (given.trim() === '') return null;
  const roots = { LOCAL: localRoot, NAS: nasRoot, S3: null } as const;
  const path = parseTargetPath(given, roots[target]);
  if (PATHS_BY_ID.test(path)) {
    throw refusal('another name: sources without a path store in source-1, source-2, ...');
  }
  return path;
}

/** S3 allows 1024 bytes per key; months and files need some of them. */
const MAX_BYTES = 500;
/** File systems allow 255 bytes per name. */
const MAX_PART_BYTES = 200;

/** Where a source stores. */
export type Placement = Pick<SourceSettings, 'target' | 'targetPath'>;

/** The target paths that overlap with one: itself and those `above` it, and those that start with `below`. */
export interface OverlappingPaths {
  readonly above: readonly string[];
  readonly below: string;
}

/** The paths of the same target at which no other source may store while one stores at `path`. */
export function overlappingPaths(path: string): OverlappingPaths {
  const parts = path.split('/');
  return { above: parts.map((_, last) => parts.slice(0, last + 1).join('/')), below: `${path}/` };
}

/**
 * Where a source stores, relative to its target's root, with `/` between its parts. `text` is relative, or absolute
 * below `root`. Without a root (null: S3) any key is valid, without leading and trailing slashes.
 *
 * @throws BadRequest that says what is wrong with it.
 */
export function parseTargetPath(text: string, root: string | null): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw refusal('no control characters');
  const parts = (root === null ? text.replace(/^\/+/, '') : belowRoot(text, root))
    .normalize('NFC')
    .split('/');
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  for (const part of parts) ensurePart(part, root !== null);
  const path = parts.join('/');
  if (Buffer.byteLength(path) > MAX_BYTES) throw refusal(`at most ${MAX_BYTES} bytes of UTF-8`);
  return path;
}

function belowRoot(text: string, root: string): string {
  if (!text.startsWith('/')) return text;
  const prefix = root.endsWith('/') ? root : `${root}/`;
  if (!text.startsWith(prefix)) throw refusal("a path that does not leave the target's root");
  return text.slice(prefix.length);
}

function ensurePart(part: string, isOnDisk: boolean): void {
  if (part === '') throw refusal("the name of a directory below the target's root, without empty parts");
  if (part === '..' || part === '.') throw refusal('no "." and no ".." among its parts');
  if (Buffer.from(part).toString() !== part) throw refusal('text that UTF-8 can hold');
  if (!isOnDisk) return;
  if (part.includes('\\')) throw refusal('"/" between its parts, and no "\\"');
  if (Buffer.byteLength(part) > MAX_PART_BYTES) throw refusal(`parts of at most ${MAX_PART_BYTES} bytes`);
}

function refusal(expected: string): BadRequest {
  return new BadRequest(`target_path: expected ${expected}`, {
    code: 'invalid_target_path',
    field: 'target_path',
  });
}
