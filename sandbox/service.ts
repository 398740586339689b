import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { loadConfig } from '../src/config.js';
import { createContainer } from '../src/container.js';
import { systemTime } from '../src/kernel/clock.js';
import { Disposers } from '../src/kernel/disposers.js';
import { createLogger } from '../src/kernel/logging.js';
import type { Threads } from '../src/kernel/threads.js';
import { nodeTimers } from '../src/kernel/timers.js';
import type { GatewayLimits } from '../src/telegram/gateway.js';
import { startControl } from './control/server.js';
import { sandboxNetwork } from './network.js';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.js';
import { sandboxSeed } from './seed.js';
import { type SandboxKeys, storedApiKeys } from './trial/api_keys.js';
import { fillInitialPool, listSessions } from './trial/initial_pool.js';
import { type Listening, listen } from './trial/listening.js';
import { onPort, onStoredPort } from './trial/ports.js';
import * as startupInfo from './trial/startup_info.js';
import type { Seed } from './world/seed.js';

/** The options of the data centres and the service. Ports: 0 is any free one. */
export interface SandboxServiceOptions {
  /** Contains everything: the service's data and session files, the data centres' state, the keys. */
  readonly directory: string;
  readonly port: number;
  readonly dcPort: number;
  readonly controlPort: number;
  readonly seed?: Seed;
  /** How many accounts the first start adds to the pool. */
  readonly poolSize?: number;
  /** Settings of the service by the names of their variables, in addition to the sandbox's own. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly telegramLimits?: Partial<GatewayLimits>;
  /** The flow of its deployments in Prefect; the usual one by default. */
  readonly prefectFlow?: string;
  /** Where the service's threads come from; each is a new one unless given. */
  readonly threads?: Threads;
  readonly makeRsaPem?: SandboxOptions['makeRsaPem'];
}

/** The data centres, and a service that only connects to them. */
export interface SandboxService {
  /** `http://127.0.0.1:PORT` */
  readonly baseUrl: string;
  readonly adminKey: string;
  readonly workerKey: string;
  /** Their state after the start. */
  readonly accounts: readonly startupInfo.AccountInfo[];
  readonly refusedAccounts: readonly startupInfo.RefusedAccount[];
  readonly bots: readonly startupInfo.BotInfo[];
  readonly channels: readonly startupInfo.ChannelInfo[];
  readonly controlUrl: string;
  /** Absolute. */
  readonly sessionsDir: string;
  readonly sandbox: Sandbox;
  /** Finishes requests, and stops everything. */
  close(): Promise<void>;
}

/**
 * Starts data centres, their control endpoint and the service. The first start logs accounts in; everything survives
 * a restart with the same directory.
 * @throws PortRefused; what keeps the service from starting: ConfigError, DatabaseRefused, KeyFileError.
 */
export async function startSandboxService(options: SandboxServiceOptions): Promise<SandboxService> {
  const directory = resolve(options.directory);
  const started = new Disposers();
  try {
    const keys = await storedApiKeys(directory);
    const sandbox = await startDataCentres(directory, options);
    started.add(() => sandbox.close());
    const controlled = { who: 'the control endpoint', option: '--control-port', port: options.controlPort };
    const control = await onPort(controlled, (port) => startControl(sandbox, port));
    started.add(() => control.close());
    const sessionsDir = join(directory, 'sessions');
    const service = await startService({ ...options, directory, sessionsDir, keys, sandbox });
    started.add(() => service.close());
    const { baseUrl } = service;
    const { world } = sandbox;
    const api = { baseUrl, adminKey: keys.admin };
    await fillInitialPool(directory, api, world, options.poolSize);
    return {
      ...{
        baseUrl,
        adminKey: keys.admin,
        workerKey: keys.worker,
        controlUrl: control.url,
        sessionsDir,
        sandbox,
      },
      accounts: startupInfo.accountInfos(world, await listSessions(api)),
      refusedAccounts: startupInfo.refusedAccounts(world),
      bots: startupInfo.botInfos(world),
      channels: startupInfo.channelInfos(world),
      close: () => started.dispose(),
    };
  } catch (error) {
    await started.dispose();
    throw error;
  }
}

function startDataCentres(
  directory: string,
  { dcPort, seed = sandboxSeed, makeRsaPem }: SandboxServiceOptions,
): Promise<Sandbox> {
  const listener = { who: 'the data centres', option: '--dc-port', port: dcPort };
  return onStoredPort(directory, listener, (port) =>
    startSandbox({
      ...{ directory, seed, port, time: Date.now, randomBytes },
      ...(makeRsaPem && { makeRsaPem }),
    }),
  );
}

interface ServiceParts extends SandboxServiceOptions {
  readonly sessionsDir: string;
  readonly keys: SandboxKeys;
  readonly sandbox: Sandbox;
}

async function startService(parts: ServiceParts): Promise<Listening> {
  const { keys, sandbox, telegramLimits, threads, prefectFlow } = parts;
  const config = loadConfig({
    DATA_DIR: join(parts.directory, 'data'),
    SESSIONS_DIR: parts.sessionsDir,
    API_KEYS: `${keys.admin},worker:${keys.worker}`,
    TELEGRAM_API_ID: '12345',
    TELEGRAM_API_HASH: '0123456789abcdef0123456789abcdef',
    LOG_LEVEL: 'warn',
    ...parts.settings,
  });
  const container = await createContainer(config, {
    logger: createLogger({ level: config.logLevel }),
    time: systemTime,
    timers: nodeTimers,
    network: sandboxNetwork(sandbox),
    ...(telegramLimits && { telegramLimits }),
    ...(threads && { threads }),
    ...(prefectFlow && { prefectFlow }),
  });
  try {
    await container.start();
    const listener = { who: 'the service', option: '--port', port: parts.port };
    const service = await onPort(listener, (port) => listen(container, port));
    await container.syncScheduler?.run('start');
    return service;
  } catch (error) {
    await container.dispose();
    throw error;
  }
}
