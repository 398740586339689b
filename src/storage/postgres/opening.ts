import { POSTGRES_MIGRATIONS } from '../../project.js';
import { awaitedTimers, nodeTimers } from '../../timers.js';
import type { Database, DatabaseSurroundings } from '../database.js';
import { restoreClock, saveClock } from '../saved_clock.js';
import type { PostgresTarget } from '../target.js';
import { PostgresDatabase } from './database.js';
import { DatabaseClock } from './database_clock.js';

/** How long a call may wait for a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** Connects to the server that other replicas may use too. @throws DatabaseRefused. */
export async function openPostgres(target: PostgresTarget, around: DatabaseSurroundings): Promise<Database> {
  const { url, connections, statementTimeoutMs } = target;
  const database = await PostgresDatabase.open(
    {
      ...{ url, connections, statementTimeoutMs },
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      applicationName: 'telegate',
    },
    POSTGRES_MIGRATIONS,
    // Pauses between attempts: nothing that anybody's clock decides. A start that pauses must not end there.
    { random: Math.random, timers: awaitedTimers },
  );
  try {
    const { access, audit, signals, replicas } = database;
    const { pool, intake, sessions, logins, sources, runs } = database;
    const probe = () => database.probe();
    const stores = {
      ...{ pool, intake, access, audit, sessions, logins, sources, runs },
      ...{ signals, replicas, probe, shared: true },
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
