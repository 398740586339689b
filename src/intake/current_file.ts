/** What is being read: `ticket` differs from file to file. */
export interface FileInHand {
  readonly ticket: number;
  readonly path: string;
}

const headerBytes = 8;
const maxPathBytes = 4096;

/**
 * The file that the scan thread is reading, told through memory that both threads share: a thread that
 * hangs in a file can't answer which one it is, and a message for every file would cost more than many
 * of the reads.
 */
export class CurrentFile {
  readonly shared: SharedArrayBuffer;
  /** [ticket, length of the path in bytes; 0: no file]. */
  readonly #header: Int32Array;
  readonly #path: Uint8Array;

  constructor(shared = new SharedArrayBuffer(headerBytes + maxPathBytes)) {
    this.shared = shared;
    this.#header = new Int32Array(shared, 0, 2);
    this.#path = new Uint8Array(shared, headerBytes);
  }

  /** Runs `read` with the path shown as being read. */
  during<T>(path: string, read: () => T): T {
    const bytes = Buffer.from(path).subarray(0, maxPathBytes);
    this.#path.set(bytes);
    Atomics.add(this.#header, 0, 1);
    Atomics.store(this.#header, 1, bytes.length);
    try {
      return read();
    } finally {
      Atomics.store(this.#header, 1, 0);
    }
  }

  /** The file being read now; null: none. Its path may be garbled unless the same ticket is seen for a while. */
  peek(): FileInHand | null {
    const length = Atomics.load(this.#header, 1);
    if (length === 0) return null;
    const ticket = Atomics.load(this.#header, 0);
    return { ticket, path: Buffer.from(this.#path.slice(0, length)).toString('utf8') };
  }
}
