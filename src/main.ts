import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'winston';
import { KeyFileError } from './access/encryption_key.js';
import { EncryptionKeysDiffer } from './access/vault_check.js';
import { banner } from './banner.js';
import { type Config, ConfigError, loadConfig } from './config.js';
import { type Container, createContainer } from './container.js';
import { EnvironmentError, readEnvironment } from './environment.js';
import { systemTime } from './kernel/clock.js';
import { DiskFull, isDiskFull } from './kernel/disk_full.js';
import { DatabaseDamaged, Unavailable } from './kernel/errors.js';
import { createLogger } from './kernel/logging.js';
import { nodeTimers } from './kernel/timers.js';
import { OperationRefused } from './operations/refused.js';
import { PrefectRefused } from './prefect/errors.js';
import { DatabaseRefused } from './storage/database.js';

/** How long pending requests may take once the service is stopped, in milliseconds. */
const STOP_WITHIN_MS = 8000;

/** How often connections that have become idle are closed, in milliseconds. */
const CLOSE_IDLE_EVERY_MS = 50;

/** Longer than any load balancer keeps a silent connection, in milliseconds. */
const KEEP_ALIVE_MS = 75_000;

async function main(): Promise<void> {
  // All files created here are readable by this user only.
  process.umask(0o077);
  const config = loadConfig(readEnvironment());
  try {
    await serve(config);
  } catch (error) {
    throw isDiskFull(error, config.dataDir) ? new DiskFull(error, config.dataDir) : error;
  }
}

async function serve(config: Config): Promise<void> {
  const logger = createLogger({ level: config.logLevel });
  process.on('uncaughtException', (error) => {
    logger.error('unexpected error; the service exits, and nothing acknowledged is lost', { error });
    process.exitCode = 1;
    setImmediate(() => process.exit(1));
  });
  await endUnfinishedRestore(config, logger);
  const container = await createContainer(config, { logger, time: systemTime, timers: nodeTimers });
  await container.start();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, container.app);
  await listen(server, config);
  stopOnSignal(server, container, logger);
  const firstKey = await onceAvailable(config, () => container.createFirstKey());
  await container.syncScheduler?.run('start');
  const { total } = await onceAvailable(config, () => container.pool.counts());
  process.stdout.write(banner({ config, port: portOf(server), sessions: total, firstKey }));
}

/** A restore that was killed is completed, or undone. @throws OperationRefused, also while one is under way. */
async function endUnfinishedRestore(config: Config, logger: Logger): Promise<void> {
  if (!existsSync(join(config.dataDir, '.restore'))) return;
  const { settleRestore } = await import('./operations/backup/unfinished_restore.js');
  const settled = await settleRestore(config);
  if (settled !== 'none') logger.warn(`a restore that was interrupted is ${settled}`);
}

/** A replica that serves already goes on while the database is away. */
async function onceAvailable<Result>({ dataDir }: Config, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unavailable) || error instanceof DatabaseDamaged) throw error;
      if (isDiskFull(error, dataDir)) throw error;
      await delay(error.retryAfterSeconds * 1000);
    }
  }
}

function listen(server: Server, { port, host }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4096 }, () => resolve());
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Stops accepting, answers those on hold, lets the rest finish, commits, and exits with 0. */
function stopOnSignal(server: Server, container: Container, logger: Logger): void {
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info('stopping', { signal });
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    container.quiesce();
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    const late = setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS);
    await closed;
    clearInterval(idle);
    clearTimeout(late);
    await container.dispose();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
}

/** Mistakes of the operator: reported in one message, without a stack. */
function explain(error: unknown): string {
  const mistakes = [
    ConfigError,
    EnvironmentError,
    DatabaseRefused,
    DatabaseDamaged,
    DiskFull,
    KeyFileError,
    EncryptionKeysDiffer,
    OperationRefused,
    PrefectRefused,
  ];
  if (error instanceof Error && mistakes.some((mistake) => error instanceof mistake)) return error.message;
  if (error instanceof Unavailable) return 'The database became unavailable: start again when it is back.';
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `${error.message}: another program is listening there. Stop it, or set PORT (or EGRESS_PORT) to a free one.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`TeleGate could not start.\n${explain(error)}\n`);
  process.exit(1);
}
