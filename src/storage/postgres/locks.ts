import { sql } from 'drizzle-orm';
import pg from 'pg';
import type { Cluster } from '../../cluster/cluster.js';
import { Unavailable } from '../../kernel/errors.js';
import { KeyedMutex } from '../../kernel/keyed_mutex.js';
import { connectionConfig, type Db, type PostgresOptions } from './connect.js';
import { toldError } from './transaction_errors.js';

/** The class of session locks; the locks of transactions have smaller numbers. */
const SESSION_LOCKS = { work: 101, job: 102 } as const;

/** The kind of a lock and its name, which the server only sees as a hash. */
export interface LockName {
  readonly kind: keyof typeof SESSION_LOCKS;
  readonly name: string;
}

/**
 * Waiting for a lock, and the work under it, may take any time. But a replica whose machine has vanished must not
 * keep the lock: the server drops it after 30 s of silence, and checks every 5 s whether the waiting client still
 * exists. Settings that an older server lacks are omitted.
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

/** A silent server is given up after 15 s (Node probes ten times, a second apart), before the server gives up. */
const FIRST_SIGN_MS = 5_000;

const SET = `SELECT set_config(name, $1::json ->> name, false) FROM pg_settings
  WHERE name IN (SELECT json_object_keys($1::json))`;
const WAIT = 'SELECT true AS taken FROM pg_advisory_lock($1, hashtext($2))';
const TRY = 'SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken';

/** A connection that only holds one lock, so that the lock ends with it whatever happens. */
export class LockConnection {
  readonly #client: pg.Client;
  readonly #lost = new AbortController();
  #released = false;

  private constructor(options: PostgresOptions) {
    const patience = { query_timeout: 0, keepAliveInitialDelayMillis: FIRST_SIGN_MS };
    this.#client = new pg.Client({ ...connectionConfig(options), ...patience });
    this.#client.on('error', () => undefined);
    this.#client.once('end', () => {
      if (!this.#released)
        this.#lost.abort(
          new Unavailable('the connection that had the lock was lost', 5, { code: 'lock_lost' }),
        );
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

  /** Takes the lock if it is free; null: it is not. @throws Unavailable. */
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

  /** Aborted if the lock is lost before it is released: another process may then have it. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Releases the lock. Resolves at once if it is already lost. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#client.end().catch(() => undefined);
  }

  async #take(statement: string, { kind, name }: LockName): Promise<boolean> {
    await this.#client.connect();
    await this.#client.query(SET, [JSON.stringify(SETTINGS)]);
    const { rows } = await this.#client.query<{ taken: boolean }>(statement, [SESSION_LOCKS[kind], name]);
    return rows[0]?.taken === true;
  }
}

/** Work that only one replica does at a time. Each name in use takes one connection outside of the pool. */
export function advisoryLocks(options: PostgresOptions): Pick<Cluster, 'exclusively'> {
  const mutex = new KeyedMutex();
  return {
    exclusively(name, work, signal) {
      let begun = false;
      // Those of this process queue here, so that only one of them holds a connection.
      const turn = mutex.run(name, async () => {
        signal?.throwIfAborted();
        const lock = await LockConnection.wait(options, { kind: 'work', name }, signal);
        begun = true;
        try {
          return await work(lock.lost);
        } finally {
          await lock.release();
        }
      });
      return signal ? orAborted(turn, signal, () => begun) : turn;
    },
  };
}

/** The result, or the signal's reason if it is aborted before the work has started. */
function orAborted<Result>(
  result: Promise<Result>,
  signal: AbortSignal,
  begun: () => boolean,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = () => begun() || reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/**
 * The advisory locks of transactions; taken in this order, before any row. `identities`: who has which name and auth
 * key. `runs`: which replica executes which run. `targets`: which source stores where.
 */
const TRANSACTION_LOCKS = { identities: 1, idempotencyKey: 2, holder: 3, runs: 4, targets: 5 } as const;

/**
 * Waits until no other transaction has this lock, and holds it until this one ends. Two names with the same hash wait
 * for each other needlessly.
 */
export async function lockNamed(db: Db, kind: keyof typeof TRANSACTION_LOCKS, name = ''): Promise<void> {
  await db.execute(sql`SELECT pg_advisory_xact_lock(${TRANSACTION_LOCKS[kind]}, hashtext(${name}))`);
}
