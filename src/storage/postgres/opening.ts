import { POSTGRES_MIGRATIONS } from '../../kernel/project.js';
import { awaitedTimers, nodeTimers } from '../../kernel/timers.js';
import { type Database, type DatabaseDependencies, DatabaseRefused } from '../database.js';
import type { PostgresTarget } from '../database_url.js';
import { type Repositories, repositories } from '../repositories/repositories.js';
import { restoreClock, saveClock } from '../saved_clock.js';
import { refuseOtherVersion } from '../schema_age.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { CONNECT_TIMEOUT_MS, connect, placeOf, reason } from './connect.js';
import { PostgresDatabase } from './database.js';
import { DatabaseClock } from './database_clock.js';
import { appliedToPostgres } from './migrating.js';
import { Transactions } from './transaction.js';
import { PostgresUnitOfWork } from './unit_of_work.js';

/** Connects to the server, which other replicas may use as well. @throws DatabaseRefused. */
export async function openPostgres(target: PostgresTarget, around: DatabaseDependencies): Promise<Database> {
  const { url, connections, statementTimeoutMs } = target;
  const database = await PostgresDatabase.open(
    {
      ...{ url, connections, statementTimeoutMs },
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      applicationName: 'telegate',
    },
    POSTGRES_MIGRATIONS,
    // Delays between attempts, which no injected clock controls. A delayed start must not end there.
    { random: Math.random, timers: awaitedTimers },
  );
  try {
    const { signals, cluster } = database;
    const { access } = database.stores;
    const stores = {
      ...{ ...database.stores, signals, cluster, shared: true },
      probe: () => database.probe(),
      connections: () => database.connections,
    };
    if (around.ownTime) {
      const clock = await restoreClock(access, around.time);
      return { ...stores, clock, touch: () => saveClock(access, clock), close: () => database.close() };
    }
    const { time, logger } = around;
    const clock = await DatabaseClock.start(() => database.readTime(), { time, timers: nodeTimers, logger });
    return {
      ...stores,
      clock,
      touch: () => database.touch(),
      async close() {
        clock.stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Connects briefly, next to the services that use the database, and leaves its schema unchanged.
 * @throws DatabaseRefused if the server can't be reached, or the schema has another version.
 */
export async function openPostgresSideConnection(
  target: PostgresTarget,
): Promise<Repositories & Pick<Database, 'close'>> {
  const { url, statementTimeoutMs } = target;
  const place = `PostgreSQL at ${placeOf(url)}`;
  const connections = connect({
    ...{ url, statementTimeoutMs },
    connections: 1,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    // Not a service's name: a copy would mistake it for a running service.
    applicationName: 'telegate beside',
  });
  try {
    refuseOtherVersion(place, POSTGRES_MIGRATIONS, await appliedToPostgres(connections));
  } catch (error) {
    await connections.end();
    if (error instanceof DatabaseRefused) throw error;
    throw new DatabaseRefused(`${place} can't be used: ${reason(error)}`, { cause: error });
  }
  const transactions = new Transactions(connections, { random: Math.random, timers: awaitedTimers });
  // No session changes, so nothing has to be written at the end of a unit of work.
  const units: UnitOfWorkRunner = {
    run: (work) => transactions.run((client) => work(new PostgresUnitOfWork(client))),
    applyExpired: async () => undefined,
  };
  return { ...repositories(units), close: () => connections.end() };
}
