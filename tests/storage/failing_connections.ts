import type { PoolClient } from 'pg';
import type { Timers } from '../../src/kernel/timers.js';
import { connect } from '../../src/storage/postgres/connect.js';
import { Transactions } from '../../src/storage/postgres/transaction.js';
import { CuttingProxy } from './cutting_proxy.js';
import { dropDatabase, makeDatabase, optionsFor } from './databases_postgres.js';
import { onServer } from './server.js';

export interface Failing {
  readonly transactions: Transactions;
  readonly proxy: CuttingProxy;
  /** The pauses so far, in milliseconds. */
  readonly pauses: readonly number[];
  /** What to do during each pause. */
  onPause: () => void;
  /** The value of the fact `f` on the server. */
  saved(): Promise<unknown>;
}

/** Runs the test with transactions whose connections may be cut, and whose pauses take no time. */
export async function whereConnectionsFail(test: (failing: Failing) => Promise<void>): Promise<void> {
  const name = await makeDatabase();
  const options = optionsFor(name, { connections: 2, connectTimeoutMs: 2000 });
  const proxy = await CuttingProxy.start(options.url);
  const pool = connect({ ...options, url: proxy.url });
  const pauses: number[] = [];
  const timers: Timers = {
    after(milliseconds, action) {
      pauses.push(milliseconds);
      failing.onPause();
      setImmediate(action);
      return () => undefined;
    },
  };
  const failing: Failing = {
    transactions: new Transactions(pool, { random: () => 1, timers }),
    proxy,
    pauses,
    onPause: () => undefined,
    saved: async () =>
      (await onServer("SELECT value FROM key_value WHERE name = 'f'", options.url))[0]?.value,
  };
  try {
    await test(failing);
  } finally {
    await pool.end();
    await proxy.close();
    await dropDatabase(name);
  }
}

/** Adds an `x` to the fact `f`. */
export const SAVE = {
  text: "INSERT INTO key_value VALUES ('f', 'x') ON CONFLICT (name) DO UPDATE SET value = key_value.value || 'x'",
};

export const save = (client: PoolClient) => client.query(SAVE);
