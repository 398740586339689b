import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A file has lost what was written to it. */
export class TooShort extends Error {
  override readonly name = 'TooShort';
  readonly bytes: number;

  constructor(bytes: number) {
    super(`only ${bytes} bytes are there`);
    this.bytes = bytes;
  }
}

/** A file that is only ever added to. Every call rejects with the file system's error. */
export class AppendedFile {
  readonly #handle: FileHandle;
  #bytes: number;
  #failure: unknown = null;

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /**
   * Opens the file and cuts it to so many bytes. Makes it if it is to be empty and is not there.
   * @throws TooShort where it has fewer.
   */
  static async open(path: string, bytes: number): Promise<AppendedFile> {
    const creating = bytes === 0 ? constants.O_CREAT : 0;
    const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | creating, 0o666);
    try {
      const { size } = await handle.stat();
      if (size < bytes) throw new TooShort(size);
      if (size > bytes) await handle.truncate(bytes);
      return new AppendedFile(handle, bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** How long it is, by all that was added. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds all of `content`, or nothing that counts: it is written over next time. */
  async append(content: Uint8Array): Promise<void> {
    this.#ensureSound();
    let written = 0;
    while (written < content.byteLength) {
      const left = content.byteLength - written;
      written += (await this.#handle.write(content, written, left, this.#bytes + written)).bytesWritten;
    }
    this.#bytes += content.byteLength;
  }

  /** Resolves once all that was added would survive a power cut. */
  async sync(): Promise<void> {
    this.#ensureSound();
    try {
      await this.#handle.sync();
    } catch (error) {
      // The system forgets what it could not write: asked again, it would say that all is well.
      this.#failure = error;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #ensureSound(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
