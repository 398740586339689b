import { randomUUID } from 'node:crypto';
import { nodeTimers } from '../../src/kernel/timers.js';
import { PoolService } from '../../src/pool/service.js';
import { by, found, put, T0, wish } from '../contracts/stores.js';
import { until } from '../service/manual_time.js';
import {
  borrowDatabase,
  type OpenReplica,
  openPostgres,
  returnDatabase,
} from '../storage/databases_postgres.js';

/** Leasing as one replica does it. */
export interface Replica {
  readonly pool: PoolService;
  readonly database: OpenReplica;
}

/** Replicas over one database, and the order in which they have answered. */
export interface Pools {
  readonly name: string;
  readonly replicas: readonly Replica[];
  /** The replica with this number, modulo their count. */
  at(index: number): Replica;
}

/** Runs the test with this many replicas and free sessions over a new database. Each reading of the clock is later. */
export async function withPools(
  count: number,
  sessions: number,
  test: (pools: Pools) => Promise<void>,
): Promise<void> {
  const name = await borrowDatabase();
  let now = T0;
  const clock = {
    now: () => {
      now += 1;
      return now;
    },
  };
  const replicas: Replica[] = [];
  for (let made = 0; made < count; made += 1) {
    const database = await openPostgres(name, { connections: 4 });
    const { pool: store, signals, cluster } = database;
    const parts = { store, signals, remote: cluster.queues, clock, timers: nodeTimers, resolvesPerDay: 150 };
    replicas.push({ database, pool: new PoolService({ ...parts, newLeaseId: randomUUID }) });
  }
  const at = (index: number) => replicas[index % count] as Replica;
  try {
    const files = Array.from({ length: sessions }, (_, index) => put(found(`s${index + 1}`)));
    await at(0).database.intake.apply(files, T0);
    await test({ name, replicas, at });
  } finally {
    for (const { pool, database } of replicas) {
      pool.close();
      await database.close();
    }
    await returnDatabase(name);
  }
}

/** Requests a session for an hour; `order` gets the name when it is leased, or `name: none`. */
export async function ask(
  { pool }: Replica,
  name: string,
  order: string[],
  waitSeconds = 60,
): Promise<number | null> {
  const lease = await pool.acquire({ ...wish(), ttlSeconds: 3600 }, waitSeconds, null).catch(() => null);
  order.push(lease ? name : `${name}: none`);
  return lease?.sessionId ?? null;
}

/** Waits until every replica knows that this many requests wait in all. */
export function allKnow({ replicas }: Pools, waiting: number): Promise<void> {
  return until(() => replicas.every(({ pool }) => pool.waiting === waiting));
}

/** Ends the lease of a session, regardless of its holder. */
export async function free({ pool }: Replica, sessionId: number): Promise<boolean> {
  return (await pool.release(sessionId, by(), null)).changed;
}
