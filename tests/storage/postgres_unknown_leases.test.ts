import { expect, it } from '@jest/globals';
import pg from 'pg';
import { PostgresDatabase } from '../../src/storage/postgres/database.js';
import { add, lease, type Stores, statesOf, T0, wish } from '../contracts/stores.js';
import { ManualTime, until } from '../service/manual_time.js';
import { COMMIT, CuttingProxy } from './cutting_proxy.js';
import {
  describeWithServer,
  dropDatabase,
  makeDatabase,
  optionsFor,
  POSTGRES_MIGRATIONS,
  postgresStores,
} from './databases_postgres.js';

const describe = await describeWithServer();

interface Cut {
  readonly stores: Stores;
  readonly proxy: CuttingProxy;
  readonly time: ManualTime;
  /** The database, bypassing the proxy. */
  readonly url: string;
}

/** Runs the test with sessions `a` and `b` behind a proxy, and with timers controlled by the test. */
async function withCuts(test: (cut: Cut) => Promise<void>): Promise<void> {
  const name = await makeDatabase();
  const options = optionsFor(name, { connections: 2, connectTimeoutMs: 2000 });
  const proxy = await CuttingProxy.start(options.url);
  const time = new ManualTime();
  const database = await PostgresDatabase.open({ ...options, url: proxy.url }, POSTGRES_MIGRATIONS, {
    random: () => 1,
    timers: time,
  });
  const stores = postgresStores(database);
  try {
    await add(stores, 'a', 'b');
    // No deadline is unknown, so that a request for a lease sends nothing else.
    await stores.pool.counts(T0);
    await test({ stores, proxy, time, url: options.url });
  } finally {
    await stores.close();
    await proxy.close();
    await dropDatabase(name);
  }
}

/** Lets time pass until the condition holds. */
function afterAWhile(time: ManualTime, condition: () => Promise<boolean> | boolean): Promise<void> {
  return until(async () => {
    await time.advance(0.1);
    return condition();
  });
}

/** The history of the session, oldest first. */
async function events({ pool }: Stores, sessionId: number): Promise<string[]> {
  const entries = (await pool.history(sessionId, { skip: 0, limit: 100 })) ?? [];
  return entries.map(({ event }) => event).reverse();
}

/** Who waits for a lock of this database; the server also has those of other tests. */
const WAITING = `SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
  WHERE NOT granted AND datname = current_database()`;
const unknown = { name: 'OutcomeUnknown' };
/** What grants a lease in one statement; one with a key takes several, and a `COMMIT`. */
const PLAIN = 'UPDATE sessions';

describe('an orphaned lease', () => {
  it('is ended once the database answers', () =>
    withCuts(async ({ stores, proxy, time }) => {
      proxy.cutNext('answer', PLAIN);
      await expect(stores.pool.acquire(wish(), T0)).rejects.toMatchObject(unknown);
      expect(await statesOf(stores)).toEqual({ a: 'leased', b: 'free' });
      await afterAWhile(time, async () => (await statesOf(stores)).a === 'free');
      expect(await events(stores, 1)).toEqual(['added', 'leased', 'undelivered']);
      expect((await lease(stores)).sessionId).toBe(2);
    }));

  it('is ended after an outage as well', () =>
    withCuts(async ({ stores, proxy, time }) => {
      proxy.cutNext('answer', PLAIN);
      await expect(stores.pool.acquire(wish(), T0)).rejects.toMatchObject(unknown);
      proxy.down();
      for (let tenths = 0; tenths < 300; tenths += 1) await time.advance(0.1);
      proxy.up();
      await afterAWhile(time, async () => (await statesOf(stores)).a === 'free');
    }));

  it('stays with the worker that asked again with its key', () =>
    withCuts(async ({ stores, proxy, time }) => {
      const asked = wish({ idempotencyKey: 'k' });
      proxy.cutNext('answer', COMMIT);
      await expect(stores.pool.acquire(asked, T0)).rejects.toMatchObject(unknown);
      const again = await stores.pool.acquire(wish({ idempotencyKey: 'k' }), T0);
      expect(again).toMatchObject({ kind: 'granted', repeated: true, lease: { leaseId: asked.leaseId } });
      proxy.cutNext('answer', PLAIN);
      await expect(stores.pool.acquire(wish(), T0)).rejects.toMatchObject(unknown);
      await afterAWhile(time, async () => (await statesOf(stores)).b === 'free');
      expect(await statesOf(stores)).toEqual({ a: 'leased', b: 'free' });
    }));

  it('is ended although its worker has a key, which then gets another one', () =>
    withCuts(async ({ stores, proxy, time }) => {
      proxy.cutNext('answer', COMMIT);
      const asked = stores.pool.acquire(wish({ idempotencyKey: 'k' }), T0);
      await expect(asked).rejects.toMatchObject(unknown);
      await afterAWhile(time, async () => (await statesOf(stores)).a === 'free');
      const again = await stores.pool.acquire(wish({ idempotencyKey: 'k' }), T0 + 1);
      expect(again).toMatchObject({ kind: 'granted', repeated: false, lease: { sessionName: 'b' } });
    }));

  it('is also ended if the server grants it long after the connection was lost', () =>
    withCuts(async ({ stores, proxy, time, url }) => {
      const holder = new pg.Client({ connectionString: url });
      await holder.connect();
      await holder.query('BEGIN; LOCK TABLE counts IN EXCLUSIVE MODE');
      const asked = stores.pool.acquire(wish(), T0).catch((error: unknown) => error);
      const waiting = () => holder.query(WAITING);
      await until(async () => (await waiting()).rowCount === 1);
      proxy.cutAll();
      expect(await asked).toMatchObject(unknown);
      const looks = proxy.counting('= ANY(');
      await afterAWhile(time, () => looks() >= 3);
      expect((await waiting()).rowCount).toBe(1);
      await holder.query('COMMIT');
      await afterAWhile(time, async () => (await events(stores, 1)).includes('undelivered'));
      expect(await statesOf(stores)).toEqual({ a: 'free', b: 'free' });
      await holder.end();
    }));

  it('is ended if it could not be ended at first', () =>
    withCuts(async ({ stores, proxy, time }) => {
      const { sessionId, leaseId } = await lease(stores);
      proxy.down();
      let failure: unknown = null;
      void stores.pool.giveBack(sessionId, leaseId, T0).catch((error: unknown) => {
        failure = error;
      });
      await afterAWhile(time, () => failure !== null);
      expect(failure).toMatchObject({ name: 'Unavailable' });
      proxy.up();
      await afterAWhile(time, async () => (await statesOf(stores)).a === 'free');
    }));
});
