import { SqliteDatabase } from '../../src/storage/sqlite/database.js';
import { add, storesOf, T0, wish } from '../contracts/stores.js';

/**
 * A process that opens the given database and leases until it is killed. It prints `refused` and the reason,
 * or the session and lease id of each grant, once the grant was answered.
 */
async function main(path: string, migrations: string): Promise<void> {
  const database = await SqliteDatabase.open({ path, migrations });
  const stores = storesOf(database.stores, database, () => database.close());
  await add(stores, ...Array.from({ length: 5000 }, (_, index) => `s${index}`));
  for (let turn = 0; ; turn += 1) {
    const asked = Array.from({ length: 10 }, (_, index) =>
      wish({ leaseId: `${turn}-${index}`, ttlSeconds: 86_400 }),
    );
    for (const outcome of await Promise.all(asked.map((request) => stores.pool.acquire(request, T0)))) {
      if (outcome.kind !== 'granted') return;
      process.stdout.write(`${outcome.lease.sessionId} ${outcome.lease.leaseId}\n`);
    }
  }
}

const [, , path = '', migrations = ''] = process.argv;
await main(path, migrations).catch((error: unknown) => {
  process.stdout.write(`refused: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
