import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sandboxNetwork } from '../../sandbox/network.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { Seed } from '../../sandbox/world/seed.js';
import { loadConfig } from '../../src/config.js';
import { systemTime } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logging.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { createWorker, type WorkerContainer } from '../../src/wiring/worker.js';
import type { ProgramWish } from '../journeys/service_program.js';
import { APPLICATION } from '../logins/over_sandbox.js';
import { sandboxIn } from '../sandbox/sandbox_in.js';
import { until } from '../service/manual_time.js';
import { Service } from '../service/service.js';
import { makeServiceDatabase } from '../service/service_database.js';
import { quickPace } from './quick_pace.js';
import { PrefectSpace } from './scraping_with_prefect.js';
import { sharedPrefect } from './shared_server.js';

const PROGRAM = fileURLToPath(new URL('./worker_program.js', import.meta.url));

/** A service that executes no runs, and workers that do, over one PostgreSQL database, one disk and one Prefect. */
export interface Workers {
  readonly service: Service;
  readonly sandbox: Sandbox;
  readonly prefect: PrefectSpace;
  readonly dataDir: string;
  /** Starts a worker in this process. */
  start(): Promise<WorkerContainer>;
  /** Starts a worker that can be killed. */
  spawn(): Promise<ChildProcess>;
}

export interface WorkersOptions {
  readonly seed?: Seed;
  /** How many runs each worker executes at once. */
  readonly slots?: number;
  /** Further settings of the workers. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Runs the test with them. */
export function withWorkers(
  test: (world: Workers) => Promise<void>,
  { seed, slots = 2, settings: further = {} }: WorkersOptions = {},
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'workers-'));
    const sandbox = await sandboxIn(join(directory, 'telegram'), seed);
    const shared = await makeServiceDatabase('postgres');
    const prefect = await PrefectSpace.make(await sharedPrefect());
    const common = { ...APPLICATION, ...prefect.settings, DATA_DIR: join(directory, 'data') };
    const network = sandboxNetwork(sandbox);
    const service = new Service({
      ...{ shared, network, prefectFlow: prefect.flowName, prefectPace: quickPace },
      settings: { ...common, MAX_CONCURRENT_RUNS: '0' },
    });
    const settings = {
      ...{ ...common, ...shared.settings, MAX_CONCURRENT_RUNS: `${slots}`, LOG_LEVEL: 'error' },
      ...{ ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64'), ...further },
    };
    const ends: (() => Promise<unknown>)[] = [];
    const start = async () => {
      const logger = createLogger({ level: 'error' });
      const dependencies = { logger, time: systemTime, timers: nodeTimers, network, prefectPace: quickPace };
      const worker = await createWorker(loadConfig(settings), dependencies);
      ends.push(() => worker.dispose());
      worker.start();
      return worker;
    };
    const spawned = async () => {
      const child = await spawnWorker(sandbox, settings);
      ends.push(async () => child.kill('SIGKILL'));
      return child;
    };
    try {
      mkdirSync(service.sessionsDir, { recursive: true });
      await service.start();
      await test({ service, sandbox, prefect, dataDir: common.DATA_DIR, start, spawn: spawned });
    } finally {
      for (const end of ends) await end();
      await service.remove();
      await shared.drop();
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

async function spawnWorker(
  { addresses, port, rsaPublicKey }: Sandbox,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const { modulus, exponent, fingerprint } = rsaPublicKey;
  const rsaKey = { modulus: `${modulus}`, exponent, fingerprint: `${fingerprint}` };
  const wish: ProgramWish = { addresses, port, rsaKey, settings };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(wish)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  await until(() => said.includes('ready') || child.exitCode !== null);
  return child;
}
