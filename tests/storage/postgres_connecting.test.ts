import { createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import type { Pool, PoolClient } from 'pg';
import { connect } from '../../src/storage/postgres/connect.js';
import { migrateDatabase, refuseOldVersion } from '../../src/storage/postgres/migrating.js';
import { Transactions } from '../../src/storage/postgres/transaction.js';
import { until } from '../service/manual_time.js';
import {
  describeWithServer,
  dropDatabase,
  makeDatabase,
  openPostgres,
  optionsFor,
  POSTGRES_MIGRATIONS,
  SURROUNDINGS,
} from './databases_postgres.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

/** Runs the test with a database of its own and transactions over so many connections, tried once if one is lost. */
async function inDatabase(
  connections: number,
  test: (transactions: Transactions, name: string, pool: Pool) => Promise<void>,
): Promise<void> {
  const name = await makeDatabase();
  const pool = connect(optionsFor(name, { connections, connectTimeoutMs: 2000 }));
  try {
    await test(new Transactions(pool, SURROUNDINGS, []), name, pool);
  } finally {
    await pool.end();
    await dropDatabase(name);
  }
}

const terminate = (name: string) =>
  onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);

const save = (client: PoolClient, name: string, value: string) =>
  client.query(
    'INSERT INTO key_value VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = key_value.value || $2',
    [name, value],
  );

describe('a PostgreSQL database', () => {
  it('is migrated once by services that start at the same moment, and is up to date later', async () => {
    const name = await makeDatabase(false);
    const opened = await Promise.all(Array.from({ length: 5 }, () => openPostgres(name)));
    const again = await openPostgres(name);
    const url = optionsFor(name).url;
    const once = 'SELECT count(*) = count(DISTINCT hash) AS once FROM drizzle.__drizzle_migrations';
    expect(await onServer(once, url)).toEqual([{ once: true }]);
    for (const database of [...opened, again]) {
      expect(await database.access.keys()).toEqual([]);
      await database.close();
    }
    await dropDatabase(name);
  });

  it('is refused if no server listens, without its password in the message', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => listener.once('listening', listening));
    const address = listener.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((closed) => listener.close(closed));
    const options = optionsFor('x', { url: `postgres://me:hidden@127.0.0.1:${port}/x` });
    const refused = migrateDatabase(options, POSTGRES_MIGRATIONS);
    await expect(refused).rejects.toMatchObject({
      name: 'DatabaseRefused',
      message: expect.stringContaining(`127.0.0.1:${port}/x can't be reached`),
    });
    await expect(refused).rejects.not.toThrow('hidden');
  });

  it('is refused if the server does not know it, or is too old', async () => {
    await expect(openPostgres('not_there')).rejects.toThrow('"not_there" does not exist');
    expect(() => refuseOldVersion(120_022, 'h/d')).toThrow('h/d is version 12: TeleGate needs 13 or newer.');
    expect(() => refuseOldVersion(130_000, 'h/d')).not.toThrow();
  });
});

describe('a transaction', () => {
  it('is rolled back when its work fails, and its connection is reused', () =>
    inDatabase(1, async (transactions) => {
      const failing = transactions.run(async (client) => {
        await save(client, 'f', 'x');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      const swallowing = transactions.run((client) => client.query('SELECT 1 / 0').catch(() => undefined));
      await expect(swallowing).rejects.toThrow('it was undone');
      expect(await transactions.statement({ text: 'SELECT * FROM key_value' })).toEqual([]);
    }));

  it('is retried after a deadlock', () =>
    inDatabase(2, async (transactions) => {
      await transactions.run(async (client) => {
        await save(client, 'a', '.');
        await save(client, 'b', '.');
      });
      let meet = () => {};
      const met = new Promise<void>((resolve) => {
        meet = resolve;
      });
      let first = 0;
      let tries = 0;
      const cross = (one: string, other: string) =>
        transactions.run(async (client) => {
          tries += 1;
          await save(client, one, one);
          first += 1;
          if (first === 2) meet();
          await met;
          await save(client, other, one);
        });
      await Promise.all([cross('a', 'b'), cross('b', 'a')]);
      expect(tries).toBe(3);
      const rows = await transactions.statement<{ value: string }>({ text: 'SELECT value FROM key_value' });
      for (const { value } of rows) expect([...value].sort().join('')).toBe('.ab');
    }));

  it('rejects as unavailable when the server ends its connection, and the next one gets another', () =>
    inDatabase(1, async (transactions, name, pool) => {
      const cut = transactions.run(async (client) => {
        await save(client, 'f', 'x');
        await terminate(name);
        await save(client, 'f', 'y');
      });
      await expect(cut).rejects.toMatchObject({ name: 'Unavailable', retryAfterSeconds: 5 });
      await transactions.run((client) => save(client, 'f', 'z'));
      await terminate(name);
      await until(() => pool.totalCount === 0);
      expect(await transactions.statement({ text: 'SELECT value FROM key_value' })).toEqual([{ value: 'z' }]);
    }));

  it('never keeps a connection, however it ends', () =>
    inDatabase(2, async (transactions, name) => {
      for (let turn = 0; turn < 20; turn += 1) {
        await transactions
          .run(async (client) => {
            await save(client, 'f', 'x');
            if (turn % 3 === 0) await client.query('SELECT nothing');
            if (turn % 3 === 1) await terminate(name);
          })
          .catch(() => undefined);
      }
      const all = await Promise.all(
        Array.from({ length: 2 }, () => transactions.run((client) => client.query('SELECT 1 AS one'))),
      );
      expect(all.map(({ rows }) => rows)).toEqual([[{ one: 1 }], [{ one: 1 }]]);
    }));
});
