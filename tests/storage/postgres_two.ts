import type { Stores } from '../contracts/stores.js';
import { until } from '../service/manual_time.js';
import { borrowDatabase, openPostgres, postgresStores, returnDatabase } from './databases_postgres.js';

/** Two replicas over one database, with four connections each. */
export interface Replicas {
  readonly one: Stores;
  readonly other: Stores;
  readonly name: string;
  /** Makes a request wait at `other`, and `one` know of it. */
  someoneWaits(): Promise<void>;
}

/** The replica whose turn it is, when they take turns. */
export function either({ one, other }: Replicas, index: number): Stores {
  return index % 2 === 0 ? one : other;
}

/** Runs the test with two replicas over a new database that is dropped afterwards. */
export async function withReplicas(test: (replicas: Replicas) => Promise<void>): Promise<void> {
  const name = await borrowDatabase();
  const here = await openPostgres(name, { connections: 4 });
  const there = await openPostgres(name, { connections: 4 });
  const [one, other] = [postgresStores(here), postgresStores(there)];
  const someoneWaits = () => {
    there.cluster.queues.announce(() => [{ wants: 'anything', needs: [], arrivedAt: 0 }]);
    return until(() => here.cluster.queues.length === 1);
  };
  try {
    await test({ one, other, name, someoneWaits });
  } finally {
    await one.close();
    await other.close();
    await returnDatabase(name);
  }
}
