import { once } from 'node:events';
import type { Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { FlowOrder } from './flow.js';

const AT_ONCE = 50;
const BYTES_OF_EACH = 20_000;

/** Connections through the fence that are open and idle, as those of workers mostly are. */
export class HeldConnections {
  readonly #proxies: readonly NonNullable<FlowOrder['proxy']>[];
  readonly #destination: { readonly host: string; readonly port: number };
  readonly #open: Socket[] = [];

  constructor(
    proxies: readonly NonNullable<FlowOrder['proxy']>[],
    destination: { readonly host: string; readonly port: number },
  ) {
    this.#proxies = proxies;
    this.#destination = destination;
  }

  /** Opens connections until there are so many, spread over the proxies. */
  async open(count: number): Promise<void> {
    while (this.#open.length < count) {
      const some = Math.min(AT_ONCE, count - this.#open.length);
      const made = await Promise.all(
        Array.from({ length: some }, (_, at) => this.#connect(this.#open.length + at)),
      );
      this.#open.push(...made);
    }
  }

  /** Has bytes come over each. */
  async exchange(): Promise<void> {
    for (const socket of this.#open) {
      let missing = BYTES_OF_EACH;
      const received = new Promise<void>((resolve) => {
        socket.on('data', (chunk) => {
          missing -= chunk.length;
          if (missing <= 0) resolve();
        });
      });
      socket.write(`${BYTES_OF_EACH}\n`);
      await received;
    }
  }

  async closeAll(): Promise<void> {
    const closed = this.#open.splice(0).map(async (socket) => {
      socket.destroy();
      await once(socket, 'close');
    });
    await Promise.all(closed);
  }

  async #connect(at: number): Promise<Socket> {
    const proxy = this.#proxies[at % this.#proxies.length];
    if (!proxy) throw new Error('there is no proxy');
    const { host, port, user: userId, pass: password } = proxy;
    const { socket } = await SocksClient.createConnection({
      ...{ command: 'connect', destination: this.#destination },
      proxy: { host, port, type: 5, userId, password },
    });
    socket.on('error', () => undefined);
    return socket;
  }
}
