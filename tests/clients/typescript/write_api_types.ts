import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadConfig } from '../../../src/config.js';
import { createContainer } from '../../../src/container.js';
import { systemTime } from '../../../src/kernel/clock.js';
import { createLogger } from '../../../src/kernel/logging.js';
import { threadPerTask } from '../../../src/kernel/threads.js';
import { nodeTimers } from '../../../src/kernel/timers.js';
import { API_TYPES, apiTypes, type OpenApiDocument } from './api_types_generator.js';

/** Writes the client's types from the document of the service as it is here: `npm run client:types`. */
async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'openapi-'));
  const settings = {
    DATA_DIR: join(directory, 'data'),
    SESSIONS_DIR: directory,
    API_KEYS: 'key-of-this-program',
  };
  const logger = createLogger({ level: 'error', stream: new Writable({ write: (_, __, done) => done() }) });
  const container = await createContainer(loadConfig(settings), {
    ...{ logger, time: systemTime, ownTime: true, timers: nodeTimers, threads: threadPerTask },
  });
  const server = createServer(container.app);
  try {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/openapi.json`);
    writeFileSync(API_TYPES, await apiTypes((await response.json()) as OpenApiDocument));
  } finally {
    server.closeAllConnections();
    server.close();
    await container.dispose();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
