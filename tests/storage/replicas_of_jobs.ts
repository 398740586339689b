import type { Pool } from 'pg';
import type { Cluster } from '../../src/cluster/cluster.js';
import { connect } from '../../src/storage/postgres/connect.js';
import { jobs } from '../../src/storage/postgres/jobs.js';
import { Transactions } from '../../src/storage/postgres/transaction.js';
import { dropDatabase, makeDatabase, optionsFor, SURROUNDINGS } from './databases_postgres.js';

export interface Replica {
  readonly jobs: Pick<Cluster, 'takeJob'>;
  readonly connections: Pool;
}

/** Runs the test with this many replicas of one database. */
export async function withJobs(
  count: number,
  test: (replicas: readonly Replica[], name: string) => Promise<void>,
): Promise<void> {
  const name = await makeDatabase();
  const options = optionsFor(name, { connections: 2, connectTimeoutMs: 2000 });
  const replicas = Array.from({ length: count }, () => {
    const connections = connect(options);
    return { jobs: jobs(options, new Transactions(connections, SURROUNDINGS)), connections };
  });
  try {
    await test(replicas, name);
  } finally {
    for (const { connections } of replicas) if (!connections.ended) await connections.end();
    await dropDatabase(name);
  }
}
