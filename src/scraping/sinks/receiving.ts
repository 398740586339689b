import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { unlessAborted } from '../../unless_aborted.js';

const TEMPORARY = '.part-';

/** A name for a file that has not arrived yet: hidden, and removed when its sink is opened next. */
export function temporaryName(id: string): string {
  return `${TEMPORARY}${id}`;
}

/** Whether a file was left by a run that was cut off. */
export function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY);
}

/** What a file turned out to be. */
export interface Received {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Does work on a disk, and says in its own words what the file system refuses; the content's failures are others. */
export type OnDisk = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** How a disk is written. */
export interface DiskWork {
  /** What may be done twice: again and again, where it may go well then. */
  readonly again: OnDisk;
  /** The system forgets what it could not make last: asked again, it would say that all is well. */
  readonly once: OnDisk;
}

/**
 * Writes `content` into a new file, a piece at a time, and resolves once it would survive a power cut.
 * Rejects with the signal's reason, with what the content fails with, or with what `disk` makes of the file system's
 * error; the file is then removed again.
 */
export async function receive(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  disk: DiskWork,
): Promise<Received> {
  signal.throwIfAborted();
  const file = await disk.again(() => open(path, 'wx', 0o666));
  try {
    const write = (piece: Uint8Array, at: number) => disk.again(() => writeWhole(file, piece, at));
    const received = await writeAll(content, signal, write);
    await disk.once(() => file.sync());
    await disk.once(() => file.close());
    return received;
  } catch (error) {
    await file.close().catch(() => undefined);
    // The failure that is told is the first; what is left now goes when the sink is opened next.
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeAll(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  write: (piece: Uint8Array, at: number) => Promise<void>,
): Promise<Received> {
  const hash = createHash('sha256');
  const reading = content[Symbol.asyncIterator]();
  let sizeBytes = 0;
  try {
    for (;;) {
      const { done, value } = await unlessAborted(signal, reading.next());
      if (done) return { sizeBytes, sha256: hash.digest('hex') };
      hash.update(value);
      await write(value, sizeBytes);
      sizeBytes += value.byteLength;
    }
  } catch (error) {
    // Not awaited: content that hangs would hang here as well.
    reading.return?.().catch(() => undefined);
    throw error;
  }
}

async function writeWhole(file: FileHandle, piece: Uint8Array, at: number): Promise<void> {
  let written = 0;
  while (written < piece.byteLength) {
    const left = piece.byteLength - written;
    written += (await file.write(piece, written, left, at + written)).bytesWritten;
  }
}
