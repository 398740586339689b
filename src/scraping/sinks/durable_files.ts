import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, realpath, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { hasCode } from '../../kernel/private_files.js';
import { unlessAborted } from '../../kernel/unless_aborted.js';
import { FileTruncated, OutsideRoot } from './failures.js';

/** A file that only grows. Every call rejects with the file system's error. */
export class AppendOnlyFile {
  readonly #handle: FileHandle;
  #bytes: number;
  #failure: unknown = null;

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /**
   * Opens the file and truncates it to so many bytes. Creates it if it is to be empty and does not exist.
   * @throws FileTruncated where it has fewer.
   */
  static async open(path: string, bytes: number): Promise<AppendOnlyFile> {
    const creating = bytes === 0 ? constants.O_CREAT : 0;
    const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | creating, 0o666);
    try {
      const { size } = await handle.stat();
      if (size < bytes) throw new FileTruncated(size);
      if (size > bytes) await handle.truncate(bytes);
      return new AppendOnlyFile(handle, bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Its length, with all that was appended. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends all of `content`, or nothing that counts: the next call overwrites what a failed one has written. */
  async append(content: Uint8Array): Promise<void> {
    this.#ensureSynced();
    await writeFully(this.#handle, content, this.#bytes);
    this.#bytes += content.byteLength;
  }

  /** Resolves once all that was appended would survive a power cut. */
  async sync(): Promise<void> {
    this.#ensureSynced();
    try {
      await this.#handle.sync();
    } catch (error) {
      // The system drops what it could not write: another sync would succeed without having written it.
      this.#failure = error;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #ensureSynced(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

/** A file that was received whole. */
export interface Received {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Runs work on a disk, and throws what the file system refuses in the sink's own terms. */
export type DiskWork = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** How a disk is written. */
export interface DiskAccess {
  /** For work that may be repeated: retries it where that may help. */
  readonly retried: DiskWork;
  /** For a sync, which must not be repeated: the system drops what it could not write, and would then report success. */
  readonly once: DiskWork;
}

/**
 * Writes `content` into a new file, chunk by chunk, and resolves once it would survive a power cut. Rejects with the
 * signal's reason, with the error of `content`, or with what `disk` makes of the file system's; the file is then
 * removed.
 */
export async function receiveFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  disk: DiskAccess,
): Promise<Received> {
  signal.throwIfAborted();
  const file = await disk.retried(() => open(path, 'wx', 0o666));
  try {
    const write = (chunk: Uint8Array, at: number) => disk.retried(() => writeFully(file, chunk, at));
    const received = await writeChunks(content, signal, write);
    await disk.once(() => file.sync());
    await disk.once(() => file.close());
    return received;
  } catch (error) {
    await file.close().catch(() => undefined);
    // The first error is the one to report; a file that is left is removed when the sink is opened next.
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeChunks(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  write: (chunk: Uint8Array, at: number) => Promise<void>,
): Promise<Received> {
  const hash = createHash('sha256');
  const chunks = content[Symbol.asyncIterator]();
  let sizeBytes = 0;
  try {
    for (;;) {
      const { done, value } = await unlessAborted(signal, chunks.next());
      if (done) return { sizeBytes, sha256: hash.digest('hex') };
      hash.update(value);
      await write(value, sizeBytes);
      sizeBytes += value.byteLength;
    }
  } catch (error) {
    // Not awaited: content that hangs would hang here as well.
    chunks.return?.().catch(() => undefined);
    throw error;
  }
}

async function writeFully(file: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    const left = chunk.byteLength - written;
    written += (await file.write(chunk, written, left, at + written)).bytesWritten;
  }
}

/**
 * Creates the directory `path`, relative to `root`, which must exist, and those above it, one by one; each would
 * survive a power cut.
 * @throws OutsideRoot where a symbolic link leads out of the root; nothing is created beyond it.
 */
export async function makeDirectories(root: string, path: string): Promise<void> {
  const realRoot = await realpath(root);
  let directory = root;
  for (const part of path.split('/')) {
    const parent = directory;
    directory = join(parent, part);
    if (await makeDirectory(directory)) await syncDirectory(parent);
    if (isOutside(realRoot, await realpath(directory))) throw new OutsideRoot(path);
  }
}

/** Creates a directory in one that exists; resolves to whether it did not exist yet. */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Whether the real path is not below the real root. */
export function isOutside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`);
}

/** Makes the names in a directory durable, where its file system supports that: not all of a NAS's do. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    const isUnsupported = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'].some((code) =>
      hasCode(error, code),
    );
    if (!isUnsupported) throw error;
  } finally {
    await directory.close();
  }
}

/** Removes the files of a directory whose names match. */
export async function removeMatching(directory: string, matches: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(directory)) {
    if (matches(name)) await rm(join(directory, name), { force: true });
  }
}
