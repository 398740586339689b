import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../kernel/private_files.js';
import type { Checkpoint } from '../store.js';
import { AppendedFile, TooShort } from './appended_file.js';
import { makeBelow, syncNames } from './directories.js';
import { diskFailure, onDisk } from './disk_failures.js';
import { type DiskPlace, gone } from './disk_place.js';
import type { OpenMonth } from './month_writer.js';
import { ensureOwn, OWNER_MARK, ownerMark } from './owner_mark.js';
import { isTemporary } from './receiving.js';
import type { StoringSource } from './sink.js';
import { cutShort } from './sink_failed.js';
import { firstUnrecordedMonth, isUnrecordedFile, isUnrecordedMonth } from './unrecorded.js';

/** Makes the source's directory its own. */
export async function claim(place: DiskPlace, source: StoringSource): Promise<void> {
  const { target, root, directory } = place;
  const mark = join(root, directory, OWNER_MARK);
  const read = () => onDisk(target, directory, () => textOf(mark));
  const found = await read();
  ensureOwn(source, directory, found ?? '');
  if (found === ownerMark(source)) return;
  const flag = found === null ? 'wx' : 'w';
  await onDisk(target, directory, async () => {
    await writeFile(mark, ownerMark(source), { flag, flush: true }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    await syncNames(join(root, directory));
  });
  // Another source may have come at the same moment.
  ensureOwn(source, directory, (await read()) ?? '');
}

/** Removes what runs that were cut off have left: files half arrived, and all that was never recorded. */
export async function removeLeftovers(place: DiskPlace, checkpoint: Checkpoint): Promise<void> {
  const { target, root, directory } = place;
  const messages = `${directory}/messages`;
  const files = `${directory}/files`;
  await onDisk(target, directory, async () => {
    await makeBelow(root, messages);
    await makeBelow(root, files);
    await removeFrom(join(root, directory), isTemporary);
    await removeFrom(join(root, messages), (name) => isUnrecordedMonth(name, checkpoint));
    const first = firstUnrecordedMonth(checkpoint);
    for (const month of await readdir(join(root, files), { withFileTypes: true })) {
      if (!month.isDirectory() || month.name < first) continue;
      await removeFrom(join(root, files, month.name), (name) => isUnrecordedFile(name, checkpoint));
    }
  });
}

/** Removes the files of a directory whose names are such. */
export async function removeFrom(directory: string, isSuch: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(directory)) {
    if (isSuch(name)) await rm(join(directory, name), { force: true });
  }
}

/** The month that is being written, cut to what was recorded; null: there is none yet. */
export async function openMonth(place: DiskPlace, checkpoint: Checkpoint): Promise<OpenMonth | null> {
  const { monthPath: path, monthBytes } = checkpoint;
  const { target, root } = place;
  if (path === null) return null;
  try {
    const file = await AppendedFile.open(join(root, path), monthBytes);
    return { path, file, isChanged: false };
  } catch (error) {
    if (error instanceof TooShort) throw cutShort(target, path, error.bytes, monthBytes);
    throw hasCode(error, 'ENOENT') ? gone(target, path) : diskFailure(target, path, error);
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
