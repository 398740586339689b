import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Sandbox } from '../sandbox.js';
import { answer, type ControlRequest } from './routes.js';

/** The control endpoint of a sandbox, over HTTP on loopback. */
export interface ControlServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY = 65_536;

/** Starts it; `port` 0: any free one. Rejects with the system's error. */
export async function startControl(sandbox: Sandbox, port: number): Promise<ControlServer> {
  const server = createServer((request, response) => {
    handle(sandbox, request).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, 500, { detail: String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, resolve);
  });
  const listening = server.address();
  const bound = typeof listening === 'object' && listening !== null ? listening.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(sandbox: Sandbox, request: IncomingMessage) {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const asked: ControlRequest = {
    method: request.method ?? 'GET',
    path: url.pathname.split('/').filter((part) => part !== ''),
    query: url.searchParams,
    body: await bodyOf(request),
  };
  return answer(sandbox, asked);
}

/** The JSON of the body; an empty one is `{}`, invalid JSON is undefined. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  try {
    return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(`${JSON.stringify(body)}\n`);
}
