import type { Pool } from 'pg';
import type { AccessStore } from '../../access/store.js';
import type { IntakeStore } from '../../intake/store.js';
import type { PoolSignals, PoolStore } from '../../pool/store.js';
import type { SessionStore } from '../../sessions/store.js';
import { AccessTable } from './access_table.js';
import type { PostgresOptions } from './connect.js';
import { Deadlines } from './deadlines.js';
import { IntakeTable } from './intake_table.js';
import { openPool } from './open.js';
import { PoolTable } from './pool_table.js';
import { SessionTable } from './session_table.js';
import { Signals } from './signals.js';
import { type Surroundings, Transactions } from './transaction.js';
import { Units } from './units.js';

/** What the service keeps in PostgreSQL, which any number of its replicas may share. */
export class PostgresDatabase {
  readonly pool: PoolStore;
  readonly intake: IntakeStore;
  readonly access: AccessStore;
  readonly sessions: SessionStore;
  readonly #connections: Pool;
  readonly #signals: Signals;

  private constructor(connections: Pool, signals: Signals, surroundings: Surroundings) {
    this.#connections = connections;
    this.#signals = signals;
    const transactions = new Transactions(connections, surroundings);
    const units = new Units(transactions, signals);
    const deadlines = new Deadlines(units);
    this.pool = new PoolTable(units, deadlines);
    this.intake = new IntakeTable(units, deadlines);
    this.access = new AccessTable(transactions);
    this.sessions = new SessionTable(units, deadlines);
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
    const signals = new Signals(options, surroundings);
    try {
      await signals.start();
    } catch (error) {
      await connections.end();
      throw error;
    }
    return new PostgresDatabase(connections, signals, surroundings);
  }

  /** What happens in the pool, here and in the other replicas. */
  get signals(): PoolSignals {
    return this.#signals;
  }

  /** Waits for the calls under way, then closes every connection. */
  async close(): Promise<void> {
    await this.#connections.end();
    await this.#signals.close();
  }
}
