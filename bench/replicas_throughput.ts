import type { Benchmark } from './benchmark.js';
import { atLeast, exactly, type Finding } from './finding.js';
import { drive, LOAD_PROGRAM, type LoadResult } from './load.js';
import { Pgbench } from './pgbench.js';
import { flatOnPostgres } from './postgres_flat.js';
import { findPostgres } from './postgres_programs.js';
import { ReplicaSet } from './replica_set.js';
import { median } from './statistics.js';
import type { Workplace } from './workplace.js';

const REPLICAS = 2;
const SESSIONS = 600;
const ROUNDS = 5;
const SECONDS = 5;
const WARM_UP_SECONDS = 4;

/** Connections from workers to each replica. */
const CONNECTIONS = 64;

/** Connections from all replicas to the server: each has the default number. */
const DATABASE_CONNECTIONS = REPLICAS * 10;

/** What a lease costs on top of its two statements, and that it costs the same in a large pool. */
export const pgbench: Benchmark = {
  name: 'pgbench',
  minutes: () => 8,
  async run(open) {
    const programs = findPostgres();
    if (!programs) return [];
    const place = await open();
    const set = await ReplicaSet.start(place, programs, { replicas: REPLICAS, sessions: SESSIONS });
    const findings = await throughput(place, set);
    await set.stop();
    return [...findings, ...(await flatOnPostgres(set.postgres))];
  },
};

/** Drives the replicas and the bare statements in turn, so that other activity of the machine affects them alike. */
async function throughput(place: Workplace, set: ReplicaSet): Promise<Finding[]> {
  const bare = await Pgbench.make(place, set.postgres);
  // As a server has done for tables older than a minute.
  await set.postgres.sql('VACUUM ANALYZE');
  const pairs = { ours: [] as number[], bare: [] as number[] };
  let failed = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
    const results = await driveAll(place, set, seconds);
    const bareRate = await bare.run(DATABASE_CONNECTIONS, seconds);
    if (round === 0) continue;
    failed += results.reduce((sum, result) => sum + result.failed, 0);
    pairs.ours.push(results.reduce((sum, result) => sum + result.requests / result.seconds / 2, 0));
    pairs.bare.push(bareRate);
  }
  const what = `leases and releases by ${REPLICAS} replicas, ${CONNECTIONS} connections each (${LOAD_PROGRAM})`;
  const ours = { value: median(pairs.ours), unit: 'pairs/s' };
  const against = { name: `pgbench -c ${DATABASE_CONNECTIONS}`, value: median(pairs.bare), unit: 'pairs/s' };
  return [atLeast(what, { ours, against }, 0.5), exactly(`${what}: requests that failed`, failed, 0)];
}

/** Drives all replicas at the same time, and releases the leases that the load held when it ended. */
async function driveAll(place: Workplace, set: ReplicaSet, seconds: number): Promise<LoadResult[]> {
  const results = await Promise.all(
    set.replicas.map(({ port }) => drive(place, { port, connections: CONNECTIONS, seconds })),
  );
  const [client, ...others] = set.clients(8);
  await client?.releaseAll();
  for (const one of [client, ...others]) one?.close();
  return results;
}
