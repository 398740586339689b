import type { Pool } from 'pg';
import type { Cluster } from '../../cluster/cluster.js';
import { Unavailable } from '../../kernel/errors.js';
import type { ConnectionCounts } from '../database.js';
import { repositories, type Stores } from '../repositories/repositories.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { Channel } from './channel.js';
import { postgresCluster } from './cluster.js';
import { connect, type PostgresOptions } from './connect.js';
import { Deadlines } from './deadlines.js';
import { leaseStore } from './lease_store.js';
import { migrateDatabase } from './migrating.js';
import { OrphanedLeases } from './orphaned_leases.js';
import { PostgresQueues } from './remote_queues.js';
import { Signals } from './signals.js';
import { type TransactionDependencies, Transactions } from './transaction.js';
import { toldError } from './transaction_errors.js';
import { PostgresUnitsOfWork } from './unit_of_work.js';

/** The service's storage in PostgreSQL, shared by any number of replicas. */
export class PostgresDatabase {
  readonly stores: Stores;
  readonly cluster: Cluster;
  /** The pool's events, here and at the other replicas. */
  readonly signals: Signals;
  readonly #connections: Pool;
  readonly #channel: Channel;
  readonly #queues: PostgresQueues;
  readonly #transactions: Transactions;
  readonly #unknownLeases: OrphanedLeases;
  #closed: Promise<void> | null = null;

  private constructor(
    options: PostgresOptions,
    connections: Pool,
    channel: Channel,
    dependencies: TransactionDependencies,
  ) {
    this.#connections = connections;
    this.#channel = channel;
    const transactions = new Transactions(connections, dependencies);
    this.#transactions = transactions;
    this.#queues = new PostgresQueues({
      channel,
      living: (pids) => livingOf(transactions, pids),
      onWaiting: () => this.signals.waited(),
    });
    this.signals = new Signals(channel, dependencies, () => this.#queues.length > 0);
    this.cluster = postgresCluster({ options, connections, transactions, channel, queues: this.#queues });
    const units = new PostgresUnitsOfWork(transactions, this.signals);
    const deadlines = new Deadlines(units);
    const unknown = new OrphanedLeases(units, dependencies, options.statementTimeoutMs);
    this.#unknownLeases = unknown;
    const runner: UnitOfWorkRunner = {
      run: (work) => units.run(work),
      applyExpired: (now) => deadlines.applyExpired(now),
    };
    const pool = leaseStore({ units, runner, deadlines, unknown, lanes: lanesOf(options) });
    this.stores = { ...repositories(runner), pool };
  }

  /**
   * Connects and upgrades the schema.
   * @throws DatabaseRefused if the server can't be reached, is too old, or rejects the migration.
   */
  static async open(
    options: PostgresOptions,
    migrations: string,
    dependencies: TransactionDependencies,
  ): Promise<PostgresDatabase> {
    await migrateDatabase(options, migrations);
    const connections = connect(options);
    const channel = new Channel(options, dependencies);
    const database = new PostgresDatabase(options, connections, channel, dependencies);
    try {
      await channel.start();
    } catch (error) {
      await connections.end();
      throw toldError(error);
    }
    database.#queues.ask();
    return database;
  }

  get connections(): ConnectionCounts {
    const { totalCount, idleCount, waitingCount } = this.#connections;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** The server's time, in milliseconds since 1970. @throws Unavailable. */
  async readTime(): Promise<number> {
    const text = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now';
    const [row] = await this.#transactions.statement<{ now: number }>({ name: 'time', text }, 'reads');
    return row?.now ?? Number.NaN;
  }

  /**
   * Checks whether the server accepts writes, without writing. @throws Unavailable if it is unreachable or read-only.
   */
  async probe(): Promise<void> {
    const text = "SELECT current_setting('transaction_read_only') = 'on' AS only_reads";
    const [row] = await this.#transactions.statement<{ only_reads: boolean }>(
      { name: 'probe', text },
      'reads',
    );
    const message = 'the database is read-only for now';
    if (row?.only_reads !== false) throw new Unavailable({ error: 'storage_unavailable', message }, 1);
  }

  /** Writes a value. @throws Unavailable if the server is unreachable or read-only. */
  async touch(): Promise<void> {
    const text = `INSERT INTO key_value (name, value) VALUES ('touched', clock_timestamp()::text)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
    await this.#transactions.statement({ name: 'touch', text });
  }

  /** Waits for pending calls, then closes all connections. Later calls reject with `Unavailable`. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#unknownLeases.close();
    await this.#connections.end();
    this.signals.flush();
    await this.#channel.close();
  }
}

/** Acquiring and releasing together leave connections for everything else. */
function lanesOf({ connections }: PostgresOptions): number {
  return Math.max(1, Math.floor((connections - 2) / 2));
}

async function livingOf(transactions: Transactions, pids: readonly number[]): Promise<number[]> {
  const text = 'SELECT pid FROM pg_stat_activity WHERE pid = ANY($1)';
  const query = { name: 'living', text, values: [pids] };
  const rows = await transactions.statement<{ pid: number }>(query, 'reads');
  return rows.map(({ pid }) => pid);
}
