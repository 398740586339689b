import { stat } from 'node:fs/promises';
import type { Registry } from 'prom-client';
import {
  answerInTime,
  registerGauge,
  registerGauges,
  registerLabelledGauge,
} from '../kernel/scraped_gauge.js';
import type { Database } from './database.js';
import type { DatabaseHealth } from './database_health.js';
import type { DatabaseTarget } from './database_url.js';

export interface DatabaseGauges {
  readonly database: Pick<Database, 'connections'>;
  readonly health: Pick<DatabaseHealth, 'reason'>;
  readonly target: DatabaseTarget;
}

/** Registers whether the database works, and what it takes. */
export function registerDatabaseMetrics(
  registry: Registry,
  { database, health, target }: DatabaseGauges,
): void {
  const probe = async () => {
    const begun = performance.now();
    const isUp = (await health.reason()) === null;
    return { isUp, seconds: (performance.now() - begun) / 1000 };
  };
  registerGauges(registry, answerInTime(probe), [
    {
      name: 'telegate_database_up',
      help: 'Whether the database can be read and written: 1 or 0',
      value: ({ isUp }) => Number(isUp),
    },
    {
      name: 'telegate_database_probe_seconds',
      help: 'How long the database takes to answer a small query',
      value: ({ isUp, seconds }) => (isUp ? seconds : null),
    },
  ]);
  const { connections } = database;
  if (connections)
    registerLabelledGauge(registry, {
      name: 'telegate_database_connections',
      help: 'Connections of the pool to PostgreSQL, used and idle, and calls that wait for one',
      label: 'state',
      read: async () => ({ ...connections() }),
    });
  if (target.kind === 'sqlite')
    registerGauge(registry, {
      name: 'telegate_database_size_bytes',
      help: 'Size of the files of SQLite',
      read: () => sizeOf([target.file, `${target.file}-wal`]),
    });
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = files.map((file) => stat(file).then(({ size }) => size));
  const known = await Promise.allSettled(sizes);
  return known.reduce((sum, size) => sum + (size.status === 'fulfilled' ? size.value : 0), 0);
}
