import type { Socket } from 'node:net';
import { NotSocks } from './socks5.js';

/** Reads from a client exactly as much as is asked for; the rest stays in its bounded buffer. */
export class ClientBytes {
  readonly #client: Socket;
  readonly #gone: AbortSignal;
  #more: () => void = () => {};
  readonly #onReadable = () => this.#more();

  /** `gone`: nothing more comes. */
  constructor(client: Socket, gone: AbortSignal) {
    this.#client = client;
    this.#gone = gone;
    // One listener for all: a new one would be called at once for what is too little to be taken, again and again.
    client.on('readable', this.#onReadable);
    gone.addEventListener('abort', this.#onReadable, { once: true });
  }

  /** The next `count` bytes. @throws NotSocks if they do not come. */
  async take(count: number): Promise<Buffer> {
    for (;;) {
      const bytes: Buffer | null = this.#client.read(count);
      if (bytes?.length === count) return bytes;
      if (bytes !== null || this.#gone.aborted) throw new NotSocks('it hung up');
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
  }

  /** Leaves the rest to whoever reads next. */
  handOver(): void {
    this.#client.off('readable', this.#onReadable);
  }
}
