import type { Stores } from '../contracts/stores.js';
import { dropDatabase, makeDatabase, openPostgres, storesOf } from './databases_postgres.js';

/** Two replicas over one database, with four connections each. */
export interface Replicas {
  readonly one: Stores;
  readonly other: Stores;
  readonly name: string;
}

/** Runs the test with two replicas over a new database that is gone afterwards. */
export async function withReplicas(test: (replicas: Replicas) => Promise<void>): Promise<void> {
  const name = await makeDatabase();
  const one = storesOf(await openPostgres(name, { connections: 4 }));
  const other = storesOf(await openPostgres(name, { connections: 4 }));
  try {
    await test({ one, other, name });
  } finally {
    await one.close();
    await other.close();
    await dropDatabase(name);
  }
}
