import type { Pool } from 'pg';
import type { Cluster } from '../../cluster/cluster.js';
import type { Channel } from './channel.js';
import type { PostgresOptions } from './connect.js';
import { jobs } from './jobs.js';
import { postgresLimiter } from './limiter.js';
import { advisoryLocks } from './locks.js';
import type { PostgresQueues } from './remote_queues.js';
import type { Transactions } from './transaction.js';

/** How the replicas of one database communicate. */
export interface ClusterParts {
  readonly options: PostgresOptions;
  readonly connections: Pool;
  readonly transactions: Transactions;
  readonly channel: Channel;
  readonly queues: PostgresQueues;
}

/** The replicas that share a PostgreSQL database. */
export function postgresCluster({
  options,
  connections,
  transactions,
  channel,
  queues,
}: ClusterParts): Cluster {
  const listeners = new Map<string, ((data: unknown) => void)[]>();
  channel.on('topic', (body) => {
    const { topic, data } = body as { topic: string; data: unknown };
    for (const listener of listeners.get(topic) ?? []) listener(data);
  });
  return {
    queues,
    ...advisoryLocks(options),
    ...jobs(options, transactions),
    tell: (topic, data) => channel.send('topic', { topic, data }),
    onTold: (topic, listener) => void listeners.set(topic, [...(listeners.get(topic) ?? []), listener]),
    limiter: (name, rate) => postgresLimiter(connections, name, rate),
  };
}
