import type { Pool } from 'pg';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Cluster, Rate } from '../../cluster/cluster.js';
import type { Channel } from './channel.js';
import type { PostgresOptions } from './connect.js';
import { Jobs } from './jobs.js';
import { postgresLimiter } from './limiter.js';
import { AdvisoryLocks } from './locks.js';
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
export class PostgresCluster implements Cluster {
  readonly queues: PostgresQueues;
  readonly exclusively: Cluster['exclusively'];
  readonly takeJob: Cluster['takeJob'];
  readonly #parts: ClusterParts;
  readonly #listeners = new Map<string, ((data: unknown) => void)[]>();

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.queues = parts.queues;
    const locks = new AdvisoryLocks(parts.options);
    const jobs = new Jobs(parts.options, parts.transactions);
    this.exclusively = (name, work, signal) => locks.exclusively(name, work, signal);
    this.takeJob = (name, dueAt) => jobs.takeJob(name, dueAt);
    parts.channel.on('topic', (body) => this.#heard(body as { topic: string; data: unknown }));
  }

  tell(topic: string, data: unknown): void {
    this.#parts.channel.send('topic', { topic, data });
  }

  onTold(topic: string, listener: (data: unknown) => void): void {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }

  limiter(name: string, rate: Rate): RateLimiterAbstract {
    return postgresLimiter(this.#parts.connections, name, rate);
  }

  #heard({ topic, data }: { topic: string; data: unknown }): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(data);
  }
}
