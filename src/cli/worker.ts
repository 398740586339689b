import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, loadConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { systemTime } from '../kernel/clock.js';
import { createLogger } from '../kernel/logging.js';
import { nodeTimers } from '../kernel/timers.js';
import { createWorker } from '../wiring/worker.js';

/**
 * Executes runs for a Prefect server, without the API, until a signal stops it.
 * @throws as `createWorker`; ConfigError if WORKER_PORT is taken.
 */
export async function work(): Promise<void> {
  const config = loadConfig(readEnvironment());
  const logger = createLogger({ level: config.logLevel });
  process.on('uncaughtException', (error) => {
    logger.error('unexpected error; the worker exits, and another one continues its runs', { error });
    process.exitCode = 1;
    setImmediate(() => process.exit(1));
  });
  const worker = await createWorker(config, { logger, time: systemTime, timers: nodeTimers });
  const server = createServer(worker.app);
  try {
    await listen(server, config.workerPort, config.host);
  } catch (error) {
    await worker.dispose();
    throw error;
  }
  worker.start();
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info('stopping', { signal });
    server.close();
    server.closeAllConnections();
    await worker.dispose();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`The worker is ready. /health and /metrics: port ${port}\n`);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const message = `WORKER_PORT: another program listens at ${host}:${port}: stop it, or set a free one.`;
      reject(isTaken ? new ConfigError(message) : error);
    });
    server.listen(port, host, () => resolve());
  });
}
