import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { hasCode } from '../kernel/private_files.js';
import type { Target } from '../sources/store.js';
import { isOutside } from './sinks/durable_files.js';
import { OutsideRoot, onDisk, SinkFailed } from './sinks/failures.js';
import { localRoot, type SinkParts } from './sinks/open_sink.js';

/** A stored file that was opened for reading. */
export interface OpenedFile {
  readonly sizeBytes: number;
  /** The bytes from `first` to `last`, both included. Closes the file when it ends or is destroyed. */
  read(first: number, last: number): Promise<Readable>;
  /** To be called if it is not read. */
  close(): Promise<void>;
}

/** Files that runs have stored, at whichever target. */
export class StoredFiles {
  readonly #config: SinkParts['config'];

  constructor(config: SinkParts['config']) {
    this.#config = config;
  }

  /**
   * Opens the file at `path`, relative to the target's root; null: it is gone.
   * @throws SinkFailed if the target cannot be read, or if the path leaves its root.
   */
  async open(target: Target, path: string, signal: AbortSignal): Promise<OpenedFile | null> {
    const { dataDir, nasRoot } = this.#config;
    if (target === 'S3') return this.#openObject(path, signal);
    if (target === 'NAS' && nasRoot === null) throw new SinkFailed('NAS', null, 'NAS_ROOT is not set');
    const root = target === 'NAS' && nasRoot !== null ? nasRoot : localRoot(dataDir);
    return onDisk(target, path, () => openBelow(root, path));
  }

  async #openObject(key: string, signal: AbortSignal): Promise<OpenedFile | null> {
    // Loaded by those who use it: it takes memory.
    const { connectS3 } = await import('./sinks/s3_bucket.js');
    const bucket = await connectS3(this.#config.s3);
    try {
      const info = await bucket.info(key, signal);
      if (info === null) {
        bucket.close();
        return null;
      }
      return {
        sizeBytes: info.bytes,
        async read(first, last) {
          const content = await bucket.readRange(key, first, last, signal);
          content.once('close', () => bucket.close());
          return content;
        },
        close: async () => bucket.close(),
      };
    } catch (error) {
      bucket.close();
      throw error;
    }
  }
}

/** @throws OutsideRoot where a symbolic link leads out of the root. */
async function openBelow(root: string, path: string): Promise<OpenedFile | null> {
  const handle = await openRegular(root, path);
  if (handle === null) return null;
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    read: async (first, last) => handle.createReadStream({ start: first, end: last }),
    close: () => handle.close(),
  };
}

async function openRegular(root: string, path: string): Promise<FileHandle | null> {
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(join(root, path))]);
    if (isOutside(realRoot, real)) throw new OutsideRoot(path);
    const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    return null;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null;
    throw error;
  }
}
