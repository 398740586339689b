import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { loadOrCreateEncryptionKey } from '../access/key_file.js';
import { Vault } from '../access/vault.js';
import type { SteadyClock } from '../clock.js';
import type { Config } from '../config.js';
import { Disposers } from '../disposers.js';
import { EventHub } from '../http/events.js';
import type { Database, DatabaseSurroundings } from '../storage/database.js';
import { openDatabase } from '../storage/open.js';
import type { GatewayLimits } from '../telegram/limits.js';
import type { TelegramNetwork } from '../telegram/network.js';
import type { Timers } from '../timers.js';

/** What the service takes from the world around it. */
export interface Surroundings extends DatabaseSurroundings {
  readonly timers: Timers;
  /** Where Telegram is; Telegram itself unless given. */
  readonly network?: TelegramNetwork;
  readonly telegramLimits?: Partial<GatewayLimits>;
}

/** What the features share. */
export interface Base extends Surroundings {
  readonly config: Config;
  readonly database: Database;
  readonly clock: SteadyClock;
  readonly vault: Vault;
  readonly events: EventHub;
  readonly disposers: Disposers;
}

/** Opens the database and what goes with it. @throws DatabaseRefused, KeyFileError. */
export async function openBase(config: Config, around: Surroundings): Promise<Base> {
  const disposers = new Disposers();
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const database = await openDatabase(config.database, around);
  disposers.add(() => database.close());
  try {
    const { clock } = database;
    const own = config.encryptionKeys.length === 0;
    const vault = new Vault(
      own ? [await loadOrCreateEncryptionKey(config.dataDir, randomBytes)] : config.encryptionKeys,
    );
    return { ...around, config, database, clock, vault, events: new EventHub(around.timers), disposers };
  } catch (error) {
    await disposers.dispose();
    throw error;
  }
}
