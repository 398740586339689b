import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StorageEngine } from 'multer';
import { isDiskFull } from '../kernel/disk_full.js';
import { Unavailable } from '../kernel/errors.js';

/** How many files are received, or wait to be read, at one time: each takes up to its route's limit on the disk. */
const MAX_UPLOADS = 4;

/** No upload takes longer: an older file was left by a process that was killed. */
const ABANDONED_AFTER_MS = 3_600_000;

/** One of the files that may be received at a time. */
export interface UploadSlot {
  readonly storage: StorageEngine;
  /** Reads the file once it has arrived, gives it to `work`, and removes it. Only one file at a time is in memory. */
  use<Result>(work: (bytes: Buffer) => Result | Promise<Result>): Promise<Result>;
  /** Removes the file, if it is still there, and frees the slot. */
  leave(): Promise<void>;
}

/** Files that come with requests: on the disk, readable by this user only, until they are read. */
export class Uploads {
  readonly #directory: string;
  readonly #newId: () => string;
  #taken = 0;
  #reading: Promise<unknown> = Promise.resolve();

  /** `directory` is made when it is needed. */
  constructor(directory: string, newId: () => string) {
    this.#directory = directory;
    this.#newId = newId;
  }

  /** @throws Unavailable while MAX_UPLOADS files are here already. */
  async take(): Promise<UploadSlot> {
    if (this.#taken >= MAX_UPLOADS) {
      const message = 'Too many files are being received; send this one again in a moment';
      throw new Unavailable({ error: 'too_many_uploads', message }, 1);
    }
    this.#taken += 1;
    const path = join(this.#directory, this.#newId());
    const file = new ReceivedFile(path, () => this.#makeDirectory());
    let leaving: Promise<void> | null = null;
    const leave = () => {
      leaving ??= file.remove().finally(() => {
        this.#taken -= 1;
      });
      return leaving;
    };
    const use = <Result>(work: (bytes: Buffer) => Result | Promise<Result>) =>
      this.#oneAtATime(async () => {
        try {
          return await work(await readFile(path));
        } finally {
          await leave();
        }
      });
    return { storage: file, use, leave };
  }

  /** Removes what killed processes left; `shared`: another process may be using some of the files. */
  async clear(shared: boolean, now: number): Promise<void> {
    if (!shared) return rm(this.#directory, { recursive: true, force: true });
    for (const name of await readdir(this.#directory).catch(() => [])) {
      const path = join(this.#directory, name);
      const written = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => now,
      );
      if (now - written >= ABANDONED_AFTER_MS) await rm(path, { force: true });
    }
  }

  async #makeDirectory(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  #oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#reading.then(work);
    this.#reading = result.catch(() => undefined);
    return result;
  }
}

/** The one file of a form, on its way to the disk. */
class ReceivedFile implements StorageEngine {
  readonly #path: string;
  readonly #makeDirectory: () => Promise<void>;
  readonly #removed = new AbortController();
  #written: Promise<unknown> = Promise.resolve();

  constructor(path: string, makeDirectory: () => Promise<void>) {
    this.#path = path;
    this.#makeDirectory = makeDirectory;
  }

  _handleFile(_req: unknown, { stream }: Express.Multer.File, done: (error?: unknown) => void): void {
    const written = this.#write(stream);
    this.#written = written.catch(() => undefined);
    written.then(
      () => done(),
      (error: unknown) => done(isDiskFull(error, this.#path) ? noRoom(error) : error),
    );
  }

  /** Called for a file that is refused; the owner of the slot removes it. */
  _removeFile(_req: unknown, _file: unknown, done: (error: Error | null) => void): void {
    done(null);
  }

  /** Aborts the write first: otherwise it could still create the file. */
  async remove(): Promise<void> {
    this.#removed.abort();
    await this.#written;
    await rm(this.#path, { force: true });
  }

  async #write(stream: NodeJS.ReadableStream): Promise<void> {
    await this.#makeDirectory();
    const { signal } = this.#removed;
    await pipeline(stream, createWriteStream(this.#path, { flags: 'wx', mode: 0o600 }), { signal });
  }
}

function noRoom(cause: unknown): Unavailable {
  const message = 'No space is left on the disk for uploads; send this file again when there is some';
  return new Unavailable({ error: 'storage_unavailable', message }, 60, { cause });
}
