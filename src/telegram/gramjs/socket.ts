import { Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { Timers } from '../../kernel/timers.js';
import { unlessAborted } from '../../kernel/unless_aborted.js';
import { TelegramUnreachable } from '../errors.js';
import type { Endpoint, NetworkPath, SocksTunnel } from './network_path.js';

/** More than any packet of Telegram's: a peer that sends so much unasked is not Telegram. */
const MAX_BYTES = 16 * 2 ** 20;
/** How long the other side has to notice that we hang up. */
const LINGER_MS = 1000;

interface Reading {
  readonly count: number;
  readonly resolve: (bytes: Buffer) => void;
}

/**
 * One socket to Telegram. It ends once and for good: calls that are waiting then, and all later ones, reject with
 * the reason.
 */
export class TelegramSocket {
  readonly #socket = new Socket();
  readonly #received = new ByteQueue();
  readonly #end = new AbortController();
  #reading: Reading | null = null;
  /** Resolves when the socket is closed and the system has it back. */
  readonly closed: Promise<void>;

  constructor(readonly path: NetworkPath) {
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
    const dialled = dial(this.#socket, this.path, giveUpSeconds);
    await unlessAborted(this.ended, dialled).catch((error: unknown) => {
      this.destroy(error);
      throw error;
    });
    this.#socket.on('data', (chunk) => this.#take(chunk));
  }

  /** Exactly so many bytes. One call at a time. */
  readExactly(count: number): Promise<Buffer> {
    if (!this.ended.aborted && !(count >= 0 && count <= MAX_BYTES)) {
      this.destroy(new TelegramUnreachable(`Telegram sends no packets of ${count} bytes`));
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
   * that nobody uses the session.
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
    if (this.#received.length > MAX_BYTES) {
      this.destroy(new TelegramUnreachable('it sent far more than was asked for'));
    } else this.#answer();
  }

  #answer(): void {
    const reading = this.#reading;
    if (reading === null || this.#received.length < reading.count) return;
    this.#reading = null;
    reading.resolve(this.#received.take(reading.count));
  }
}

/** Node's error for several addresses tried at once has no message. */
function describe(error: Error & { code?: string }): string {
  return error.message === '' ? (error.code ?? error.name) : error.message;
}

/**
 * Connects `socket` along the path, through its SOCKS proxy if there is one. Never settles if the socket is
 * destroyed meanwhile: whoever destroys it knows. Rejects with TelegramUnreachable where the proxy refuses.
 *
 * @param giveUpSeconds how long to wait for the proxy's answer, unless the socket is destroyed first
 */
async function dial(socket: Socket, { first, behind }: NetworkPath, giveUpSeconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.connect(first, resolve);
  });
  if (behind?.kind === 'socks') await tunnel(socket, behind, first, giveUpSeconds);
}

async function tunnel(
  socket: Socket,
  to: SocksTunnel,
  proxy: Endpoint,
  giveUpSeconds: number,
): Promise<void> {
  try {
    await SocksClient.createConnection({
      command: 'connect',
      destination: to.target,
      // Its timer is not ours, and is not cleared: it must not outlive ours by much. It keeps no process alive.
      timeout: giveUpSeconds * 1000,
      existing_socket: socket,
      proxy: {
        ...{ ...proxy, type: to.version },
        ...(to.user === null ? {} : { userId: to.user }),
        ...(to.password === null ? {} : { password: to.password }),
      },
    });
  } catch (error) {
    // The error itself holds the proxy's password; its message does not.
    const message = error instanceof Error ? error.message : 'it closed the connection';
    throw new TelegramUnreachable(`the proxy ${proxy.host}:${proxy.port} can't connect to it: ${message}`);
  }
}

/** Received bytes in order, copied at most once: when they are taken. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `count` bytes. Throws RangeError where there are not as many. */
  take(count: number): Buffer {
    if (count > this.#length) throw new RangeError(`${this.#length} bytes, not ${count}`);
    const first = this.#chunks[0];
    this.#length -= count;
    if (first !== undefined && first.length > count) {
      this.#chunks[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    return this.#gather(count);
  }

  #gather(count: number): Buffer {
    const parts: Buffer[] = [];
    let missing = count;
    let used = 0;
    for (const chunk of this.#chunks) {
      if (missing === 0) break;
      const part = chunk.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
      if (part.length < chunk.length) this.#chunks[used] = chunk.subarray(part.length);
      else used += 1;
    }
    this.#chunks = this.#chunks.slice(used);
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, count);
  }
}
