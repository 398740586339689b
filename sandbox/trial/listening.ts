import { createServer, type Server } from 'node:http';
import type { Container } from '../../src/container.js';

/** How long pending requests may take once the service is stopped, in milliseconds. */
const STOP_WITHIN_MS = 5000;

/** How often connections that have become idle are closed, in milliseconds. */
const CLOSE_IDLE_EVERY_MS = 50;

/** A service that listens on loopback. */
export interface Listening {
  /** `http://127.0.0.1:PORT` */
  readonly baseUrl: string;
  /** Finishes pending requests, closes connections, and disposes of the service. */
  close(): Promise<void>;
}

/** Makes the service listen; `port` 0: any free one. Rejects with the system's error. */
export async function listen(container: Container, port: number): Promise<Listening> {
  const server = createServer(container.app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    baseUrl: `http://127.0.0.1:${bound}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      container.quiesce();
      await hangUp(server, closed);
      await container.dispose();
    },
  };
}

async function hangUp(server: Server, closed: Promise<void>): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const late = setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
