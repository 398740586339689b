import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Parts of a path that differ from call to call. */
const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Passes requests on to a server, and counts them by method and path. */
export class CountingProxy {
  /** To be used instead of the server's. */
  readonly url: string;
  readonly #server: Server;
  readonly #counts: Map<string, number>;

  private constructor(url: string, server: Server, counts: Map<string, number>) {
    this.url = url;
    this.#server = server;
    this.#counts = counts;
  }

  static async start(target: string): Promise<CountingProxy> {
    const { hostname, port, pathname } = new URL(target);
    const counts = new Map<string, number>();
    const server = createServer((incoming, answer) => {
      const { method = '', url = '', headers } = incoming;
      const call = `${method} ${url.replace(pathname, '').replace(ID, '{id}')}`;
      counts.set(call, (counts.get(call) ?? 0) + 1);
      const outgoing = request({ hostname, port, method, path: url, headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      });
      outgoing.once('error', () => answer.destroy());
      incoming.pipe(outgoing);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = (server.address() as AddressInfo).port;
    return new CountingProxy(`http://127.0.0.1:${own}${pathname}`, server, counts);
  }

  /** The requests since the last time this was asked. */
  take(): ReadonlyMap<string, number> {
    const taken = new Map(this.#counts);
    this.#counts.clear();
    return taken;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
