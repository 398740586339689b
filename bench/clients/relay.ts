import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `refusing`: connections are reset, and new ones refused. `silent`: nothing goes through, and nobody is told. */
export type RelayMode = 'open' | 'refusing' | 'silent';

/** A connection that the relay has made to its target. */
export interface Dialed {
  readonly localPort: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Passes TCP connections on to a target, as a network that can be cut. */
export class Relay {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Every connection so far. */
  readonly dialed: Dialed[] = [];
  readonly #server: Server;
  readonly #target: Target;
  readonly #links = new Set<Link>();
  /** Clients that came while it was silent: whatever they say is lost, as if they had never been connected. */
  readonly #unheard = new Set<Socket>();
  #mode: RelayMode = 'open';

  private constructor(server: Server, target: Target) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#accept(client));
  }

  static async start(target: Target): Promise<Relay> {
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Relay(server, target);
  }

  /** Whether a connection goes through it. */
  get isUsed(): boolean {
    return this.#links.size > 0;
  }

  /** Changes how it treats its connections, the present ones as well. */
  behave(mode: RelayMode): void {
    this.#mode = mode;
    if (mode !== 'silent') for (const client of this.#unheard) client.resetAndDestroy();
    for (const link of this.#links) link.behave(mode);
  }

  close(): void {
    this.behave('refusing');
    this.#server.close();
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refusing') {
      client.resetAndDestroy();
      return;
    }
    if (this.#mode === 'silent') {
      this.#unheard.add(client);
      client.on('error', () => {});
      client.on('close', () => this.#unheard.delete(client));
      return;
    }
    const link = new Link(client, this.#dial(), () => this.#links.delete(link));
    this.#links.add(link);
  }

  #dial(): Socket {
    const socket = connect({ ...this.#target, noDelay: true });
    socket.once('connect', () => {
      this.dialed.push({ localPort: socket.localPort ?? 0, at: Date.now() });
    });
    return socket;
  }
}

/** A client's connection, and the one to the target. */
class Link {
  readonly #sides: readonly Socket[];
  readonly #onClosed: () => void;
  #isSilent = false;
  /** What has happened at one side while the other could not be told. */
  readonly #untold: (() => void)[] = [];

  constructor(client: Socket, server: Socket, onClosed: () => void) {
    this.#sides = [client, server];
    this.#onClosed = onClosed;
    this.#watch(client, server);
    this.#watch(server, client);
    client.resume();
  }

  behave(mode: RelayMode): void {
    this.#isSilent = mode === 'silent';
    if (mode === 'refusing') this.#reset();
    else if (mode === 'open') {
      for (const tell of this.#untold.splice(0)) tell();
      for (const side of this.#sides) side.resume();
    } else {
      // Paused sides go on to notice a reset.
      for (const side of this.#sides) side.pause();
    }
  }

  /** Whatever comes from one side goes to the other, in order; a reset side's last words are lost if they waited. */
  #watch(from: Socket, to: Socket): void {
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => {});
    from.on('end', () => to.end());
    from.on('close', (failed) => {
      const tell = () => {
        if (failed) this.#reset();
        if (this.#sides.every(({ destroyed }) => destroyed)) this.#onClosed();
      };
      if (this.#isSilent) this.#untold.push(tell);
      else tell();
    });
  }

  #reset(): void {
    // What is ended already can't be reset any more.
    for (const side of this.#sides) {
      if (!side.destroyed && !side.writableEnded) side.resetAndDestroy();
      side.destroy();
    }
    this.#onClosed();
  }
}
