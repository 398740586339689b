import { createServer, type Server, type Socket } from 'node:net';
import { ClientConnection, type ConnectionHost, type ServerMode } from './mtproto/connection.js';

/** What data centres share. */
export type DataCentreHost = Omit<ConnectionHost, 'mode'>;

/** One data centre: an address to listen on, and the clients connected to it. */
export class DataCentre {
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #mode: ServerMode = 'normal';

  constructor(
    readonly address: string,
    readonly host: DataCentreHost,
  ) {}

  get mode(): ServerMode {
    return this.#mode;
  }

  /** Starts listening; `port` 0: any free one. Resolves to the port. Rejects with the system's error. */
  async listen(port: number): Promise<number> {
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.address, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#server = server;
    const listening = server.address();
    return typeof listening === 'object' && listening !== null ? listening.port : port;
  }

  /** Changes how it behaves; `refuse` also disconnects everyone. */
  async behave(mode: ServerMode, port: number): Promise<void> {
    const refused = this.#mode === 'refuse';
    this.#mode = mode;
    if (mode === 'refuse') await this.close();
    else if (refused) await this.listen(port);
  }

  /** Disconnects everyone and stops listening. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    new ClientConnection(socket, { ...this.host, mode: () => this.#mode });
  }
}
