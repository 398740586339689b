import { expect, it } from '@jest/globals';
import { connect } from '../../src/storage/postgres/connect.js';
import { advisoryLocks } from '../../src/storage/postgres/locks.js';
import { Transactions } from '../../src/storage/postgres/transaction.js';
import { until } from '../service/manual_time.js';
import { optionsFor, SURROUNDINGS } from './databases_postgres.js';
import { describeWithOwnServer } from './describe_with_own_server.js';
import { OwnServer, type Stop } from './own_server.js';
import { onServer } from './server.js';

const describe = describeWithOwnServer();

/** Runs the test with a server of its own. */
async function withServer(test: (server: OwnServer) => Promise<void>): Promise<void> {
  const server = await OwnServer.make();
  try {
    await test(server);
  } finally {
    await server.destroy();
  }
}

const ADD = { text: 'UPDATE tally SET n = n + 1' };

describe('a restarting server', () => {
  it.each<Stop>(['fast', 'immediate', 'killed'])(
    '(%s) has done what it said it did, and more only of what nobody knows',
    (how) =>
      withServer(async (server) => {
        await onServer('CREATE TABLE tally AS SELECT 0 AS n', server.url());
        const pool = connect(optionsFor('postgres', { url: server.url(), connections: 4 }));
        const transactions = new Transactions(pool, SURROUNDINGS);
        const ends = { done: 0, OutcomeUnknown: 0, Unavailable: 0 };
        let stopped = false;
        const work = async (add: () => Promise<unknown>) => {
          while (!stopped) {
            const end = await add().then(
              () => 'done',
              ({ name }: Error) => name,
            );
            ends[end as keyof typeof ends] += 1;
          }
        };
        const workers = [
          ...Array.from({ length: 4 }, () => work(() => transactions.run((client) => client.query(ADD)))),
          ...Array.from({ length: 4 }, () => work(() => transactions.statement(ADD))),
        ];
        await until(() => ends.done > 50);
        await server.restart(how);
        const before = ends.done;
        await until(() => ends.done > before + 50);
        stopped = true;
        await Promise.all(workers);
        await pool.end();
        const [tally] = await onServer('SELECT n FROM tally', server.url());
        expect(tally?.n).toBeGreaterThanOrEqual(ends.done);
        expect(tally?.n).toBeLessThanOrEqual(ends.done + ends.OutcomeUnknown);
        expect(Object.keys(ends)).toEqual(['done', 'OutcomeUnknown', 'Unavailable']);
      }),
  );

  it('ends exclusive work, which is notified, and lets the next one start', () =>
    withServer(async (server) => {
      const locks = advisoryLocks(optionsFor('postgres', { url: server.url() }));
      let held: AbortSignal | null = null;
      const work = locks.exclusively('sync', async (lost) => {
        held = lost;
        await until(() => lost.aborted);
      });
      await until(() => held !== null);
      await server.restart('immediate');
      await work;
      expect(await locks.exclusively('sync', async ({ aborted }) => aborted)).toBe(false);
    }));
});
