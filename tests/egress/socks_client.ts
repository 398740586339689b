import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { Granted } from '../service/service.js';

/** A proxy as a lease names it. */
export interface SocksProxy {
  readonly type: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly pass: string;
}

/** A lease with a fence. */
export type FencedGrant = Granted & { readonly proxy: SocksProxy };

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A worker's connection through the proxy. */
export class ThroughProxy {
  #text = '';
  readonly socket: Socket;
  /** Resolves when it has ended, whoever ended it. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#text += chunk;
    });
    this.closed = new Promise((resolve) => void socket.once('close', () => resolve()));
  }

  /** Connects with a client of its own. Rejects if the proxy refuses. */
  static async to({ host, port, user, pass }: SocksProxy, destination: Place): Promise<ThroughProxy> {
    const proxy = { host, port, type: 5 as const, userId: user, password: pass };
    const { socket } = await SocksClient.createConnection({ command: 'connect', destination, proxy });
    return new ThroughProxy(socket);
  }

  /** All that came back. */
  get text(): string {
    return this.#text;
  }

  say(text: string): void {
    this.socket.write(text);
  }
}

/** A client that sends what it likes. */
export class RawClient {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  /** Whether the other side has ended it. */
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
    // A reset right behind some bytes is seen as an end.
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.isClosed = true;
      });
    }
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(...parts: readonly (Buffer | string | readonly number[])[]): this {
    for (const part of parts) this.socket.write(typeof part === 'string' ? part : Buffer.from(part));
    return this;
  }

  /** All that was answered, in hexadecimal. */
  get answer(): string {
    return this.#bytes.toString('hex');
  }
}

/** A greeting that offers a user name and a password. */
export const GREETING = [5, 1, 2];

/** RFC 1929. */
export function login({ user, pass }: Pick<SocksProxy, 'user' | 'pass'>): Buffer {
  return Buffer.concat([
    Buffer.from([1, user.length]),
    Buffer.from(user),
    Buffer.from([pass.length]),
    Buffer.from(pass),
  ]);
}

/** A request for an IPv4 address. */
export function request({ host, port }: Place, command = 1): Buffer {
  const address = host.split('.').map(Number);
  return Buffer.from([5, command, 0, 1, ...address, port >> 8, port & 255]);
}
