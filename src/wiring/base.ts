import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { encryptionKeyFile } from '../access/encryption_key.js';
import type { Vault } from '../access/vault.js';
import type { Config } from '../config.js';
import { EventHub } from '../http/events.js';
import { SharedEvents } from '../http/shared_events.js';
import { Uploads } from '../http/uploads.js';
import type { SteadyClock } from '../kernel/clock.js';
import { Disposers } from '../kernel/disposers.js';
import { makePrivate } from '../kernel/private_files.js';
import { processName } from '../kernel/process_name.js';
import type { Timers } from '../kernel/timers.js';
import { prefectLinks } from '../prefect/links.js';
import type { PrefectPace } from '../prefect/pace.js';
import { RunBroadcast } from '../runs/broadcast.js';
import { measuredRuns } from '../runs/metrics.js';
import { type RunSerializer, runSerializer } from '../runs/serialize.js';
import type { Database, DatabaseDependencies } from '../storage/database.js';
import { DatabaseHealth } from '../storage/database_health.js';
import { openDatabase } from '../storage/open.js';
import type { GatewayLimits } from '../telegram/gateway.js';
import type { TelegramNetwork } from '../telegram/network.js';
import { announcingChanges } from './change_events.js';
import { measureDatabase, wireRegistry } from './metrics.js';
import { openVault } from './vault.js';

/** What the service is given: time, logging, and how to reach Telegram. */
export interface Dependencies extends DatabaseDependencies {
  readonly timers: Timers;
  /** The network of Telegram; the real one by default. */
  readonly network?: TelegramNetwork;
  readonly telegramLimits?: Partial<GatewayLimits>;
  /** The flow of all deployments in Prefect; the usual one by default. */
  readonly prefectFlow?: string;
  /** How often Prefect is looked at. */
  readonly prefectPace?: PrefectPace;
  /** How many deployments Prefect is asked for at a time. */
  readonly prefectPageSize?: number;
}

/** What the features share. */
export interface Base extends Dependencies {
  readonly config: Config;
  readonly database: Database;
  readonly databaseHealth: DatabaseHealth;
  readonly clock: SteadyClock;
  /** The metrics of this process. */
  readonly registry: Registry;
  readonly vault: Vault;
  readonly events: EventHub;
  /** Events for the listeners of every replica. */
  readonly sharedEvents: SharedEvents;
  readonly serializeRun: RunSerializer;
  /** Publishes the progress of runs. */
  readonly runBroadcast: RunBroadcast;
  /** Uploaded files. */
  readonly uploads: Uploads;
  /** Null where this process has none. */
  readonly processName: string | null;
  readonly disposers: Disposers;
}

/** Opens the database and what depends on it. @throws DatabaseRefused, KeyFileError, EncryptionKeysDiffer. */
export async function openBase(config: Config, dependencies: Dependencies): Promise<Base> {
  const disposers = new Disposers();
  await makePrivate(config.dataDir, dependencies.logger);
  const keyFile = encryptionKeyFile(config.dataDir);
  const expected = { keyFile: existsSync(keyFile) ? keyFile : null, beginAnew: config.beginAnew };
  const opened = await openDatabase(config.database, { ...dependencies, expected });
  disposers.add(() => opened.close());
  try {
    const { clock, cluster } = opened;
    const events = new EventHub(dependencies.timers);
    const sharedEvents = new SharedEvents(events, cluster);
    const serializeRun = runSerializer(clock, config.prefect && prefectLinks(config.prefect.uiUrl).flowRun);
    const runBroadcast = new RunBroadcast({
      ...{ runs: opened.runs, cluster, serialize: serializeRun, timers: dependencies.timers },
      publish: (event, data) => events.publish(event, data),
    });
    disposers.add(() => runBroadcast.close());
    const registry = wireRegistry(config);
    const measured = { ...opened, runs: measuredRuns(opened.runs, registry) };
    const database = {
      ...measured,
      ...announcingChanges(measured, {
        publish: (...event) => sharedEvents.publish(...event),
        runChanged: (id) => runBroadcast.changed(id),
      }),
    };
    const vault = await openVault(config, database, dependencies.logger);
    const { timers } = dependencies;
    const databaseHealth = new DatabaseHealth(database, timers);
    disposers.add(() => databaseHealth.stop());
    measureDatabase(registry, config, database, databaseHealth);
    const uploads = new Uploads(join(config.dataDir, 'uploads'), randomUUID);
    await uploads.clear(database.shared, dependencies.time.wall());
    const own = { processName: processName(process.pid), registry, uploads, disposers };
    const shared = { config, database, databaseHealth, clock, vault, ...own };
    return { ...dependencies, ...shared, events, sharedEvents, serializeRun, runBroadcast };
  } catch (error) {
    await disposers.dispose();
    throw error;
  }
}
