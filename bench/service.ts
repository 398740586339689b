import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { sandboxNetwork } from '../sandbox/network.js';
import { loadConfig } from '../src/config.js';
import { createContainer } from '../src/container.js';
import { readEnvironment } from '../src/environment.js';
import { systemTime, type TimeSource } from '../src/kernel/clock.js';
import { createLogger } from '../src/kernel/logging.js';
import { nodeTimers } from '../src/kernel/timers.js';
import { addressesIn } from './scraping/addresses.js';

/** The wall clock of `--stepping-clock` is set this often, to each of these offsets in turn, in milliseconds. */
const STEP_EVERY_MS = 500;
const STEPS_MS = [-3_600_000, 0, 3_600_000];

/** A wall clock that is set an hour back and forth; its current step survives the process. */
const steppingTime: TimeSource = {
  ...systemTime,
  wall() {
    const step = Math.floor(systemTime.monotonic() / STEP_EVERY_MS) % STEPS_MS.length;
    return systemTime.wall() + (STEPS_MS[step] ?? 0);
  },
};

/**
 * The service with options that the shipped program does not offer: `--max-batch=1`, one transaction per request;
 * `--stepping-clock`; `--no-sync`, which ignores SESSIONS_DIR; `--telegram`, the addresses of sandbox data centres.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'max-batch': { type: 'string' },
      'stepping-clock': { type: 'boolean', default: false },
      'no-sync': { type: 'boolean', default: false },
      telegram: { type: 'string' },
    },
  });
  const config = loadConfig(readEnvironment());
  const container = await createContainer(config, {
    logger: createLogger({ level: config.logLevel }),
    time: values['stepping-clock'] ? steppingTime : systemTime,
    timers: nodeTimers,
    ...(values['max-batch'] === undefined ? {} : { maxBatch: Number(values['max-batch']) }),
    ...(values.telegram === undefined ? {} : { network: sandboxNetwork(addressesIn(values.telegram)) }),
  });
  await container.start();
  const server = createServer({ keepAliveTimeout: 75_000 }, container.app);
  await new Promise<void>((resolve) =>
    server.listen({ port: config.port, host: config.host, backlog: 4096 }, resolve),
  );
  process.on('SIGTERM', () => void container.dispose().then(() => process.exit(0)));
  if (!values['no-sync']) await container.syncScheduler?.run('start');
}

await main();
