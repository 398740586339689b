import { Socket } from 'node:net';
import type { Timers } from '../../timers.js';
import { unlessAborted } from '../../unless_aborted.js';
import { TelegramUnreachable } from '../errors.js';
import { ByteQueue } from './byte_queue.js';
import { dial } from './dial.js';
import type { Route } from './route.js';

/** More than any packet of Telegram's: whoever sends so much unasked is none. */
const MOST_BYTES = 16 * 2 ** 20;
/** How long the other side has to notice that we hang up. */
const LINGER_MS = 1000;

interface Reading {
  readonly count: number;
  readonly resolve: (bytes: Buffer) => void;
}

/**
 * One socket to Telegram. It ends once, and for good: whatever waits for it then, or comes later, rejects with
 * the reason.
 */
export class TelegramSocket {
  readonly #socket = new Socket();
  readonly #received = new ByteQueue();
  readonly #end = new AbortController();
  #reading: Reading | null = null;
  /** Resolves when the socket is closed and the system has it back. */
  readonly closed: Promise<void>;

  constructor(readonly route: Route) {
    const socket = this.#socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.setNoDelay(true);
    socket.on('error', (error) => this.destroy(new TelegramUnreachable(describe(error))));
    socket.on('end', () => this.destroy(new TelegramUnreachable('the connection was closed')));
    socket.on('close', () => this.destroy(new TelegramUnreachable('the connection was closed')));
  }

  /** Aborted with the reason when it has ended. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Connects, all the way to the data centre. Rejects with TelegramUnreachable. */
  async dial(giveUpSeconds: number): Promise<void> {
    const dialled = dial(this.#socket, this.route, giveUpSeconds);
    await unlessAborted(this.ended, dialled).catch((error: unknown) => {
      this.destroy(error);
      throw error;
    });
    this.#socket.on('data', (chunk) => this.#take(chunk));
  }

  /** Exactly so many bytes. One call at a time. */
  readExactly(count: number): Promise<Buffer> {
    if (!this.ended.aborted && !(count >= 0 && count <= MOST_BYTES)) {
      this.destroy(new TelegramUnreachable(`a packet of ${count} bytes is none of Telegram's`));
    }
    const read = new Promise<Buffer>((resolve) => {
      this.#reading = { count, resolve };
      if (!this.ended.aborted) this.#answer();
    });
    return unlessAborted(this.ended, read);
  }

  /** What has come, at least a byte of it. */
  async readAll(): Promise<Buffer> {
    const first = await this.readExactly(1);
    return Buffer.concat([first, this.#received.take(this.#received.length)]);
  }

  /** Throws the reason once it has ended. */
  write(data: Buffer): void {
    this.ended.throwIfAborted();
    this.#socket.write(data);
  }

  /** Ends it at once. */
  destroy(reason: unknown): void {
    this.#socket.destroy();
    if (!this.ended.aborted) this.#end.abort(reason);
  }

  /**
   * Ends it, and resolves when the other side has hung up too (a second at most): only then has Telegram seen
   * that the session is in nobody's hands.
   */
  async hangUp(timers: Timers, reason: unknown): Promise<void> {
    if (this.ended.aborted || this.#socket.readyState !== 'open') this.destroy(reason);
    else {
      this.#end.abort(reason);
      this.#socket.end();
    }
    const cancel = timers.after(LINGER_MS, () => this.#socket.destroy());
    await this.closed;
    cancel();
  }

  #take(chunk: Buffer): void {
    if (this.ended.aborted) return;
    this.#received.push(chunk);
    if (this.#received.length > MOST_BYTES) {
      this.destroy(new TelegramUnreachable('it sends more than it was asked for'));
    } else this.#answer();
  }

  #answer(): void {
    const reading = this.#reading;
    if (reading === null || this.#received.length < reading.count) return;
    this.#reading = null;
    reading.resolve(this.#received.take(reading.count));
  }
}

/** The errors of several addresses tried at once have no message together. */
function describe(error: Error & { code?: string }): string {
  return error.message === '' ? (error.code ?? error.name) : error.message;
}
