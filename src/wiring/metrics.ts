import type { Registry } from 'prom-client';
import type { Config } from '../config.js';
import { createRegistry, registerDisks } from '../http/metrics.js';
import { readVersion } from '../kernel/project.js';
import { registerRunStates } from '../runs/metrics.js';
import type { Database } from '../storage/database.js';
import type { DatabaseHealth } from '../storage/database_health.js';
import { registerDatabaseMetrics } from '../storage/metrics.js';

/** The registry of this process, with what no feature owns: version, disks and the database. */
export function wireRegistry(config: Config): Registry {
  const registry = createRegistry(readVersion());
  registerDisks(registry, {
    data: config.dataDir,
    ...(config.syncs && { sessions: config.sessionsDir }),
    ...(config.nasRoot !== null && { nas: config.nasRoot }),
  });
  return registry;
}

/** Registers what is read from the database on each scrape. */
export function measureDatabase(
  registry: Registry,
  config: Pick<Config, 'database'>,
  database: Database,
  health: DatabaseHealth,
): void {
  registerDatabaseMetrics(registry, { database, health, target: config.database });
  registerRunStates(registry, database.runLists);
}
