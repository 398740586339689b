import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How a request fails: with this status; `lost`: the connection breaks before the server gets it; `unanswered`: the
 * server has executed it, and the connection breaks before the answer.
 */
export type Fault = 500 | 503 | 'lost' | 'unanswered';

/** A proxy in front of an HTTP server that makes requests fail. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #port: number;
  /** Returns how the next request fails; null: it does not. */
  spoil: (method: string, url: string) => Fault | null = () => null;
  /** How many requests it has made fail. */
  spoilt = 0;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((incoming, answer) => this.#serve(incoming, answer));
  }

  /** A proxy in front of the server on this port. */
  static async start(port: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(incoming: IncomingMessage, answer: ServerResponse): void {
    const fault = this.spoil(incoming.method ?? '', incoming.url ?? '');
    if (fault !== null) this.spoilt += 1;
    if (fault === 'lost') incoming.socket.destroy();
    else if (typeof fault === 'number') refuse(incoming, answer, fault);
    else this.#pass(incoming, answer, fault === 'unanswered');
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse, unanswered: boolean): void {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: this.#port, method, path, headers }, (onwardAnswer) => {
      if (unanswered) {
        onwardAnswer.resume().once('end', () => incoming.socket.destroy());
        return;
      }
      answer.writeHead(onwardAnswer.statusCode ?? 502, onwardAnswer.headers);
      onwardAnswer.pipe(answer);
    });
    onward.once('error', () => incoming.socket.destroy());
    incoming.once('close', () => incoming.complete || onward.destroy());
    incoming.pipe(onward);
  }
}

/** A fault for every tenth write request, alternating between the kinds. */
export function everyTenthWrite(...faults: readonly Fault[]): FaultyProxy['spoil'] {
  let writes = 0;
  return (method) => {
    if (method === 'GET' || method === 'HEAD') return null;
    writes += 1;
    return writes % 10 === 0 ? (faults[(writes / 10 - 1) % faults.length] ?? null) : null;
  };
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, status: number): void {
  incoming.resume().once('end', () => {
    const code = status === 503 ? 'SlowDown' : 'InternalError';
    answer.writeHead(status, { 'content-type': 'application/xml' });
    answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>not now</Message></Error>`);
  });
}
