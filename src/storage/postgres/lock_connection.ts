import pg from 'pg';
import { Unavailable } from '../../errors.js';
import { connectionConfig, type PostgresOptions } from './connect.js';
import { toldError } from './failures.js';

/** What a lock is for; the locks of transactions (`shared_locks.ts`) have smaller numbers. */
const KINDS = { work: 101, job: 102 } as const;

/** The kind of a lock and its name, which the server has only as a hash. */
export interface LockName {
  readonly kind: keyof typeof KINDS;
  readonly name: string;
}

/**
 * A wait for a lock, and the work under it, may take as long as they like. A replica whose machine vanished must
 * not keep the lock, though: the server gives it up after 30 s without a sign of life, and looks every 5 s
 * whether the one that waits is still there. Settings that an older server does not have are left out.
 */
const SETTINGS = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_session_timeout: '0',
  tcp_keepalives_idle: '15',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '30000',
  client_connection_check_interval: '5000',
};

/** Here a server that is silent is given up after 15 s (Node asks ten times, a second apart): before it gives up. */
const FIRST_SIGN_MS = 5_000;

const SET = `SELECT set_config(name, $1::json ->> name, false) FROM pg_settings
  WHERE name IN (SELECT json_object_keys($1::json))`;
const WAIT = 'SELECT true AS taken FROM pg_advisory_lock($1, hashtext($2))';
const TRY = 'SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken';

/** A connection whose only purpose is to have one lock, so that the lock ends with it whatever happens. */
export class LockConnection {
  readonly #client: pg.Client;
  readonly #lost = new AbortController();
  #released = false;

  private constructor(options: PostgresOptions) {
    const patience = { query_timeout: 0, keepAliveInitialDelayMillis: FIRST_SIGN_MS };
    this.#client = new pg.Client({ ...connectionConfig(options), ...patience });
    this.#client.on('error', () => undefined);
    this.#client.once('end', () => {
      if (!this.#released) this.#lost.abort(new Unavailable('the connection that had the lock was lost', 5));
    });
  }

  /** Waits for the lock. @throws Unavailable, or the signal's reason. */
  static async wait(options: PostgresOptions, lock: LockName, signal?: AbortSignal): Promise<LockConnection> {
    const connection = new LockConnection(options);
    const leave = () => void connection.release();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      signal?.throwIfAborted();
      await connection.#take(WAIT, lock);
      signal?.throwIfAborted();
      return connection;
    } catch (error) {
      await connection.release();
      signal?.throwIfAborted();
      throw toldError(error);
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Takes the lock if nobody has it; null: somebody has. @throws Unavailable. */
  static async tryAtOnce(options: PostgresOptions, lock: LockName): Promise<LockConnection | null> {
    const connection = new LockConnection(options);
    try {
      if (await connection.#take(TRY, lock)) return connection;
    } catch (error) {
      await connection.release();
      throw toldError(error);
    }
    await connection.release();
    return null;
  }

  /** Aborted when the lock was lost before it was released: another may have it from now on. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Lets go of the lock. Resolves at once where it is lost already. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#client.end().catch(() => undefined);
  }

  async #take(statement: string, { kind, name }: LockName): Promise<boolean> {
    await this.#client.connect();
    await this.#client.query(SET, [JSON.stringify(SETTINGS)]);
    const { rows } = await this.#client.query<{ taken: boolean }>(statement, [KINDS[kind], name]);
    return rows[0]?.taken === true;
  }
}
