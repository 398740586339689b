import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import type { Part } from './manifest.js';

/** What a part holds: bytes, or a file of this size that nobody changes meanwhile. */
export type PartContent = Buffer | { readonly path: string; readonly size: number };

/** Writes an archive (tar, gzip) part by part, in constant memory. */
export class ArchiveWriter {
  readonly parts: Part[] = [];
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #pack: Pack = pack();
  readonly #written: Promise<void>;

  /** Creates the file, which only its owner may read. */
  constructor(path: string, signal: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    this.#written = pipeline(this.#pack, createGzip(), file, { signal });
    // Whoever adds the next part is told.
    this.#written.catch(() => undefined);
  }

  /** Appends a part. @throws the file system's error; the signal's reason. */
  async add(name: string, content: PartContent): Promise<Part> {
    const hash = createHash('sha256');
    const size = Buffer.isBuffer(content) ? content.length : content.size;
    const source = Buffer.isBuffer(content) ? Readable.from([content]) : createReadStream(content.path);
    const entry = this.#pack.entry({ name, size, mode: 0o600, type: 'file' });
    const adding = pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      entry,
      { signal: this.#signal },
    );
    await Promise.race([adding, this.#written.then(() => adding)]);
    const part = { name, size, sha256: hash.digest('hex') };
    this.parts.push(part);
    return part;
  }

  /** Ends the archive; resolves once it is on disk. @throws as `add`. */
  async finish(): Promise<void> {
    this.#pack.finalize();
    await this.#written;
    const file = await open(this.#path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Gives up; resolves once the file is closed. */
  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
  }
}
