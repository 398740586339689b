import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import express from 'express';
import { createErrorMapper } from '../../src/http/error_mapper.js';
import type { Route } from '../../src/http/route.js';
import { addRoutes, notFound } from '../../src/http/router.js';
import type { ApiKey } from '../../src/kernel/api_key.js';
import { createLogger } from '../../src/kernel/logging.js';
import { nodeTimers } from '../../src/kernel/timers.js';

const KEY: ApiKey = {
  ...{ holder: 'test', name: 'test', role: 'admin' },
  ...{ maxLeases: null, tags: [], expiresAt: null },
};

/** A server with these routes and nothing else. */
export interface SmallApp {
  readonly server: Server;
  readonly port: number;
  /** The unexpected errors that were logged. */
  readonly log: readonly string[];
}

/** Runs the test with a server that has these routes, open to anyone; it is stopped afterwards. */
export function withRoutes(
  routes: readonly Route[],
  test: (app: SmallApp) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const log: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        log.push(String(chunk));
        done();
      },
    });
    const app = express();
    addRoutes(app, routes, {
      authenticate: async () => KEY,
      sees: async () => true,
      audit: { done: async () => undefined, failed: async () => undefined },
      timers: nodeTimers,
    });
    app.use(notFound);
    app.use(createErrorMapper(createLogger({ level: 'error', stream })));
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await test({ server, port: (server.address() as AddressInfo).port, log });
    } finally {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  };
}
