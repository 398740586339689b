import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Where a connection is cut: before the server gets the request, or before the client gets the response. */
export type Cut = 'question' | 'answer';

/** Sent only to commit a transaction. */
export const COMMIT = 'COMMIT\0';

/** A proxy between a client and its PostgreSQL server that drops connections on demand. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #down = false;
  readonly #counted = new Map<string, number>();
  #next: { readonly what: Cut; readonly text: string } | null = null;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** A proxy in front of the server of this URL. */
  static async start(url: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(url));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The URL of the database through the proxy. */
  get url(): string {
    const through = new URL(this.#target);
    through.hostname = '127.0.0.1';
    through.port = String((this.#server.address() as AddressInfo).port);
    return through.href;
  }

  /** Cuts one connection, the next that sends `text` to the server. */
  cutNext(what: Cut, text: string): void {
    this.#next = { what, text };
  }

  /** How often `text` was sent to the server, as of now. */
  counting(text: string): () => number {
    this.#counted.set(text, 0);
    return () => this.#counted.get(text) ?? 0;
  }

  /** Cuts every connection, and lets no other through until `up`. */
  down(): void {
    this.#down = true;
    this.cutAll();
  }

  up(): void {
    this.#down = false;
  }

  cutAll(): void {
    for (const pair of this.#pairs) cut(pair);
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#down) return void client.destroy();
    const server = connect(Number(this.#target.port || 5432), this.#target.hostname);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    let unanswered = false;
    client.on('data', (bytes) => {
      for (const [text, count] of this.#counted) if (bytes.includes(text)) this.#counted.set(text, count + 1);
      const due = this.#next !== null && bytes.includes(this.#next.text) ? this.#next.what : null;
      if (due !== null) this.#next = null;
      if (due === 'question') return cut(pair);
      unanswered ||= due === 'answer';
      server.write(bytes);
    });
    server.on('data', (bytes) => (unanswered ? cut(pair) : client.write(bytes)));
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        cut(pair);
      });
    }
  }
}

function cut(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.destroy();
}
