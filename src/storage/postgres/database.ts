import type { Pool } from 'pg';
import type { AccessStore } from '../../access/store.js';
import type { AuditStore } from '../../audit/store.js';
import { Unavailable } from '../../errors.js';
import type { IntakeStore } from '../../intake/store.js';
import type { LoginStore } from '../../logins/store.js';
import type { PoolSignals, PoolStore } from '../../pool/store.js';
import type { RunStore } from '../../scraping/store.js';
import type { SessionStore } from '../../sessions/store.js';
import type { SourceStore } from '../../sources/store.js';
import { AccessTable } from './access_table.js';
import { AuditTable } from './audit_table.js';
import { Channel } from './channel.js';
import type { PostgresOptions } from './connect.js';
import { Deadlines } from './deadlines.js';
import { toldError } from './failures.js';
import { inTransaction } from './in_transaction.js';
import { IntakeTable } from './intake_table.js';
import { Lines } from './lines.js';
import { LoginTable } from './login_table.js';
import { openPool } from './open.js';
import { PoolTable } from './pool_table.js';
import { PostgresReplicas } from './replicas.js';
import { createRunTable } from './run_table.js';
import { SessionTable } from './session_table.js';
import { Signals } from './signals.js';
import { SourceTable } from './source_table.js';
import { type Surroundings, Transactions } from './transaction.js';
import { Units } from './units.js';
import { UnknownLeases } from './unknown_leases.js';

/** What the service keeps in PostgreSQL, which any number of its replicas may share. */
export class PostgresDatabase {
  readonly pool: PoolStore;
  readonly intake: IntakeStore;
  readonly access: AccessStore;
  readonly audit: AuditStore;
  readonly sessions: SessionStore;
  readonly logins: LoginStore;
  readonly sources: SourceStore;
  readonly runs: RunStore;
  readonly replicas: PostgresReplicas;
  readonly #connections: Pool;
  readonly #channel: Channel;
  readonly #signals: Signals;
  readonly #transactions: Transactions;
  readonly #unknownLeases: UnknownLeases;
  #closed: Promise<void> | null = null;

  private constructor(
    options: PostgresOptions,
    connections: Pool,
    channel: Channel,
    surroundings: Surroundings,
  ) {
    this.#connections = connections;
    this.#channel = channel;
    const transactions = new Transactions(connections, surroundings);
    this.#transactions = transactions;
    const within = inTransaction(transactions);
    const lines: Lines = new Lines({
      channel,
      living: (pids) => livingOf(transactions, pids),
      onWaiting: () => signals.waited(),
    });
    const signals = new Signals(channel, surroundings, () => lines.length > 0);
    this.#signals = signals;
    this.replicas = new PostgresReplicas({ options, connections, transactions, channel, lines });
    const units = new Units(transactions, signals);
    const deadlines = new Deadlines(units);
    this.#unknownLeases = new UnknownLeases(units, surroundings, options.statementTimeoutMs);
    this.pool = new PoolTable(units, deadlines, this.#unknownLeases, lanesOf(options));
    this.intake = new IntakeTable(units, deadlines);
    this.access = new AccessTable(within);
    this.audit = new AuditTable(within);
    this.sessions = new SessionTable(units, deadlines);
    this.logins = new LoginTable(units, deadlines);
    this.sources = new SourceTable(within);
    this.runs = createRunTable(within);
  }

  /**
   * Connects, and brings the schema up to date.
   * @throws DatabaseRefused when the server can't be reached, is too old, or refuses the migration.
   */
  static async open(
    options: PostgresOptions,
    migrations: string,
    surroundings: Surroundings,
  ): Promise<PostgresDatabase> {
    const connections = await openPool(options, migrations);
    const channel = new Channel(options, surroundings);
    const database = new PostgresDatabase(options, connections, channel, surroundings);
    try {
      await channel.start();
    } catch (error) {
      await connections.end();
      throw toldError(error);
    }
    database.replicas.lines.ask();
    return database;
  }

  /** What happens in the pool, here and in the other replicas. */
  get signals(): PoolSignals {
    return this.#signals;
  }

  /** The server's time, in milliseconds since 1970. @throws Unavailable. */
  async readTime(): Promise<number> {
    const text = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now';
    const [row] = await this.#transactions.statement<{ now: number }>({ name: 'time', text }, 'reads');
    return row?.now ?? Number.NaN;
  }

  /** Asks whether the server takes writes, without one. @throws Unavailable when it is not there, or only reads. */
  async probe(): Promise<void> {
    const text = "SELECT current_setting('transaction_read_only') = 'on' AS only_reads";
    const [row] = await this.#transactions.statement<{ only_reads: boolean }>(
      { name: 'probe', text },
      'reads',
    );
    const message = 'the database only reads for now';
    if (row?.only_reads !== false) throw new Unavailable({ error: 'storage_unavailable', message }, 1);
  }

  /** Writes a little. @throws Unavailable when the server is not there, or only reads for now. */
  async touch(): Promise<void> {
    const text = `INSERT INTO facts (name, value) VALUES ('touched', clock_timestamp()::text)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
    await this.#transactions.statement({ name: 'touch', text });
  }

  /** Waits for the calls under way, then closes every connection. Calls after that are `Unavailable`. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#unknownLeases.close();
    await this.#connections.end();
    this.#signals.flush();
    await this.#channel.close();
  }
}

/** Acquiring and releasing together leave connections to everything else. */
function lanesOf({ connections }: PostgresOptions): number {
  return Math.max(1, Math.floor((connections - 2) / 2));
}

async function livingOf(transactions: Transactions, pids: readonly number[]): Promise<number[]> {
  const text = 'SELECT pid FROM pg_stat_activity WHERE pid = ANY($1)';
  const query = { name: 'living', text, values: [pids] };
  const rows = await transactions.statement<{ pid: number }>(query, 'reads');
  return rows.map(({ pid }) => pid);
}
