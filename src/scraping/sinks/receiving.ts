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

/**
 * Writes `content` into a new file, a piece at a time, and resolves once it would survive a power cut.
 * Rejects with the signal's reason, with what the content fails with, or with what `onDisk` makes of the file
 * system's error; the file is then removed again.
 */
export async function receive(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  onDisk: OnDisk,
): Promise<Received> {
  signal.throwIfAborted();
  const file = await onDisk(() => open(path, 'wx', 0o666));
  try {
    const write = (piece: Uint8Array) => onDisk(() => writeWhole(file, piece));
    const received = await writeAll(content, signal, write);
    await onDisk(() => file.sync());
    await onDisk(() => file.close());
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
  write: (piece: Uint8Array) => Promise<number>,
): Promise<Received> {
  const hash = createHash('sha256');
  const reading = content[Symbol.asyncIterator]();
  let sizeBytes = 0;
  try {
    for (;;) {
      const { done, value } = await unlessAborted(signal, reading.next());
      if (done) return { sizeBytes, sha256: hash.digest('hex') };
      hash.update(value);
      sizeBytes += await write(value);
    }
  } catch (error) {
    // Not awaited: content that hangs would hang here as well.
    reading.return?.().catch(() => undefined);
    throw error;
  }
}

async function writeWhole(file: FileHandle, piece: Uint8Array): Promise<number> {
  let written = 0;
  while (written < piece.byteLength) {
    written += (await file.write(piece, written, piece.byteLength - written)).bytesWritten;
  }
  return written;
}
