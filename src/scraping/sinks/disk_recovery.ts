import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../../kernel/private_files.js';
import type { Checkpoint } from '../../runs/store.js';
import { AppendOnlyFile, makeDirectories, removeMatching, syncDirectory } from './durable_files.js';
import { diskFailure, FileTruncated, missing, onDisk, SinkFailed, truncated } from './failures.js';
import {
  directoryOf,
  ensureOwner,
  firstUnrecordedMonth,
  isTemporary,
  isUnrecordedFile,
  isUnrecordedMonth,
  OWNER_FILE,
  ownerText,
} from './layout.js';
import type { OpenMonth } from './month_writer.js';
import type { StoringSource } from './sink.js';

/** The directory of one source on a disk. */
export interface DiskDirectory {
  readonly target: 'LOCAL' | 'NAS';
  /** Absolute. */
  readonly root: string;
  /** Relative to the root. */
  readonly directory: string;
}

/**
 * Prepares the directory of a source, which is its own from then on, and removes all that was stored there beyond the
 * checkpoint. Resolves to the directory and the month that is being written; null: there is none yet.
 * @throws SinkFailed. Where the root of a NAS or what was stored before is gone, nothing is created: what is found
 * there instead is the mount point of a disk that is not mounted, and must not be filled.
 */
export async function recoverDirectory(
  target: 'LOCAL' | 'NAS',
  root: string,
  source: StoringSource,
  checkpoint: Checkpoint,
): Promise<{ readonly place: DiskDirectory; readonly month: OpenMonth | null }> {
  const place = { target, root, directory: directoryOf(source) };
  await prepare(place, checkpoint);
  await claim(place, source);
  await removeUnrecorded(place, checkpoint);
  return { place, month: await openMonth(place, checkpoint) };
}

async function prepare({ target, root, directory }: DiskDirectory, checkpoint: Checkpoint): Promise<void> {
  if (target === 'LOCAL') await onDisk(target, null, () => makeRoot(root));
  else await ensureMounted(root);
  const { monthPath } = checkpoint;
  if (monthPath?.startsWith(`${directory}/`)) {
    const found = await onDisk(target, monthPath, () => unlessMissing(stat(join(root, monthPath))));
    if (found === null) throw missing(target, monthPath);
  }
  await onDisk(target, directory, () => makeDirectories(root, directory));
}

async function makeRoot(root: string): Promise<void> {
  const made = await mkdir(root, { recursive: true });
  if (made !== undefined) await syncDirectory(dirname(root));
}

async function ensureMounted(root: string): Promise<void> {
  const found = await onDisk('NAS', null, () => unlessMissing(stat(root)));
  if (found?.isDirectory()) return;
  const reason = 'NAS_ROOT is not a directory, or does not exist: mount it, then start the source again';
  throw new SinkFailed('NAS', null, reason);
}

/** Marks the directory as the source's own. @throws SinkFailed where it is another source's. */
async function claim({ target, root, directory }: DiskDirectory, source: StoringSource): Promise<void> {
  const path = join(root, directory, OWNER_FILE);
  const read = () => onDisk(target, directory, () => unlessMissing(readFile(path, 'utf8')));
  const found = await read();
  ensureOwner(source, directory, found ?? '');
  if (found === ownerText(source)) return;
  const flag = found === null ? 'wx' : 'w';
  await onDisk(target, directory, async () => {
    await writeFile(path, ownerText(source), { flag, flush: true }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    await syncDirectory(join(root, directory));
  });
  // Another source may have claimed it at the same moment.
  ensureOwner(source, directory, (await read()) ?? '');
}

/** Removes what interrupted runs have left: files half received, and all that was never recorded. */
async function removeUnrecorded(
  { target, root, directory }: DiskDirectory,
  checkpoint: Checkpoint,
): Promise<void> {
  const messages = `${directory}/messages`;
  const files = `${directory}/files`;
  await onDisk(target, directory, async () => {
    await makeDirectories(root, messages);
    await makeDirectories(root, files);
    await removeMatching(join(root, directory), isTemporary);
    await removeMatching(join(root, messages), (name) => isUnrecordedMonth(name, checkpoint));
    const first = firstUnrecordedMonth(checkpoint);
    for (const month of await readdir(join(root, files), { withFileTypes: true })) {
      if (!month.isDirectory() || month.name < first) continue;
      await removeMatching(join(root, files, month.name), (name) => isUnrecordedFile(name, checkpoint));
    }
  });
}

/** Opens the month that is being written, truncated to what was recorded. */
async function openMonth({ target, root }: DiskDirectory, checkpoint: Checkpoint): Promise<OpenMonth | null> {
  const { monthPath: path, monthBytes } = checkpoint;
  if (path === null) return null;
  try {
    const file = await AppendOnlyFile.open(join(root, path), monthBytes);
    return { path, file, isChanged: false };
  } catch (error) {
    if (error instanceof FileTruncated) throw truncated(target, path, error.bytes, monthBytes);
    throw hasCode(error, 'ENOENT') ? missing(target, path) : diskFailure(target, path, error);
  }
}

async function unlessMissing<Found>(looking: Promise<Found>): Promise<Found | null> {
  try {
    return await looking;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
