import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { networkOf, type TelegramNetwork } from '../../src/telegram/network.js';

/** A host on loopback that stands where a data centre would: it keeps what it receives, and answers as it is told. */
export class PlainDataCentre {
  readonly host = '127.0.0.1';
  readonly #server: Server;
  readonly #received: Buffer[] = [];
  /** Connections that are open. */
  readonly open = new Set<Socket>();
  /** How many connections were made. */
  accepted = 0;
  /** How many ended by a reset. */
  resets = 0;
  /** Whether it sends back what it receives. */
  echoes = true;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(): Promise<PlainDataCentre> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PlainDataCentre(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All that it has received, over all connections. */
  get received(): string {
    return Buffer.concat(this.#received).toString();
  }

  /** A network of which this is the only data centre. */
  get network(): TelegramNetwork {
    const { host: serverAddress, port } = this;
    const dataCentres = [{ dcId: 2, test: false, serverAddress, port }];
    return networkOf({ firstDc: 2, rsaKeys: [], dataCentres, loopbackOnly: true });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.open) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.accepted += 1;
    this.open.add(socket);
    socket.on('error', () => {
      this.resets += 1;
    });
    socket.on('close', () => this.open.delete(socket));
    socket.on('data', (chunk) => {
      this.#received.push(chunk);
      if (this.echoes) socket.write(chunk);
    });
    socket.on('end', () => socket.end());
  }
}
