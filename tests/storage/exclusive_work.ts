import type { Cluster } from '../../src/cluster/cluster.js';
import { advisoryLocks } from '../../src/storage/postgres/locks.js';
import { until } from '../service/manual_time.js';
import { dropDatabase, makeDatabase, optionsFor } from './databases_postgres.js';
import { onServer } from './server.js';

export interface Locks {
  readonly one: Pick<Cluster, 'exclusively'>;
  readonly other: Pick<Cluster, 'exclusively'>;
  readonly name: string;
}

/** Runs the test with the locks of two replicas; their statements have a short timeout. */
export function withLocks(test: (locks: Locks) => Promise<void>): () => Promise<void> {
  return async () => {
    const name = await makeDatabase(false);
    const options = optionsFor(name, { statementTimeoutMs: 50, connectTimeoutMs: 2000 });
    try {
      await test({ one: advisoryLocks(options), other: advisoryLocks(options), name });
    } finally {
      await dropDatabase(name);
    }
  };
}

/** Work that continues until it is told to end. */
export function work() {
  let end = (_result?: string) => {};
  const ended = new Promise<string>((resolve) => {
    end = (result = 'done') => resolve(result);
  });
  const state = { running: false, lost: null as AbortSignal | null };
  const run = async (lost: AbortSignal) => {
    state.running = true;
    state.lost = lost;
    const result = await ended;
    state.running = false;
    return result;
  };
  return { run, end, state };
}

/** Work of one replica, and of another that waits for it to end; the outcome of each. */
export async function contended({ one, other, name }: Locks) {
  const [first, second] = [work(), work()];
  const before = one.exclusively('sync', first.run);
  await until(() => first.state.running);
  const after = other.exclusively('sync', second.run);
  await until(async () => (await connections(name, true)) === 1);
  return { first, second, before, after };
}

/** Connections to the database that wait for a lock (or, with `waiting` false, are idle). */
export async function connections(name: string, waiting: boolean): Promise<number> {
  const event = waiting ? "wait_event_type = 'Lock'" : "state = 'idle'";
  const [row] = await onServer(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = '${name}' AND ${event}`,
  );
  return Number(row?.n);
}
