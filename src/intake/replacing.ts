import { readFile } from 'node:fs/promises';
import { besideOf, readThose, removeFiles } from './removing.js';

/** Writes a file durably, in place of what was there. */
export type Write = (place: string, bytes: Uint8Array) => Promise<void>;

/**
 * Puts other bytes into a session's file, an absolute path, and removes what SQLite kept beside the old ones:
 * it would spoil the new. Resolves to what makes it all as it was.
 *
 * @throws the file system's error; all is then as it was, if it let it.
 */
export async function replaceFile(
  place: string,
  bytes: Uint8Array,
  write: Write,
): Promise<() => Promise<void>> {
  const before = await readFile(place);
  const beside = await readThose(besideOf(place));
  const putBack = async () => {
    for (const [file, content] of beside) await write(file, content);
  };
  try {
    await removeFiles([...beside.keys()]);
    await write(place, bytes);
  } catch (error) {
    await putBack().catch(() => undefined);
    throw error;
  }
  return async () => {
    await putBack();
    await write(place, before);
  };
}
