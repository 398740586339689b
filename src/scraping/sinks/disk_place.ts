import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../../kernel/private_files.js';
import type { Checkpoint } from '../store.js';
import { makeBelow, syncNames } from './directories.js';
import { onDisk } from './disk_failures.js';
import type { StoringSource } from './sink.js';
import { SinkFailed } from './sink_failed.js';

/** A directory of the machine's, and of one source below it. */
export interface DiskPlace {
  readonly target: 'LOCAL' | 'NAS';
  /** Absolute. */
  readonly root: string;
  /** Relative to the root. */
  readonly directory: string;
}

/** The source's directory, relative to its target's root. */
export function directoryOf(source: StoringSource): string {
  return source.targetPath ?? `source-${source.id}`;
}

/**
 * The place of a source on a disk; its directory is there.
 * @throws SinkFailed, having made nothing where the root of a NAS, or what was stored there before, is gone: what is
 * then found in its place is the mount point of a disk that is not mounted, and must not be filled.
 */
export async function openDiskPlace(
  target: 'LOCAL' | 'NAS',
  root: string,
  source: StoringSource,
  checkpoint: Checkpoint,
): Promise<DiskPlace> {
  const directory = directoryOf(source);
  if (target === 'LOCAL') await onDisk(target, null, () => makeRoot(root));
  else await ensureMounted(root);
  if (checkpoint.monthPath?.startsWith(`${directory}/`))
    await ensureThere(target, root, checkpoint.monthPath);
  await onDisk(target, directory, () => makeBelow(root, directory));
  return { target, root, directory };
}

async function makeRoot(root: string): Promise<void> {
  const made = await mkdir(root, { recursive: true });
  if (made !== undefined) await syncNames(dirname(root));
}

async function ensureMounted(root: string): Promise<void> {
  const found = await onDisk('NAS', null, () => unlessMissing(stat(root)));
  if (found?.isDirectory()) return;
  throw new SinkFailed(
    'NAS',
    null,
    'NAS_ROOT is no directory, or not there: mount it, then start the source again',
  );
}

async function ensureThere(target: 'LOCAL' | 'NAS', root: string, path: string): Promise<void> {
  const found = await onDisk(target, path, () => unlessMissing(stat(join(root, path))));
  if (found === null) throw gone(target, path);
}

/** What to look after where recorded messages are not found; a local disk may be another replica's. */
const REMEDY = {
  NAS: 'is NAS_ROOT mounted, or was it moved?',
  LOCAL:
    'is DATA_DIR mounted, or was it moved? Replicas have to share DATA_DIR/scraped, or store in NAS or S3',
} as const;

/** What is said where recorded messages are not found. */
export function gone(target: 'LOCAL' | 'NAS', path: string): SinkFailed {
  return new SinkFailed(target, path, `messages were stored here, and it is gone: ${REMEDY[target]}`);
}

async function unlessMissing<Found>(looking: Promise<Found>): Promise<Found | null> {
  try {
    return await looking;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
