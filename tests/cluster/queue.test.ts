import { expect, it } from '@jest/globals';
import pg from 'pg';
import { T0, wish } from '../contracts/stores.js';
import { until } from '../service/manual_time.js';
import { describeWithServer, optionsFor } from '../storage/databases_postgres.js';
import { allKnow, ask, free, withPools } from './pools.js';

const describe = await describeWithServer();

/** A replica that is only a connection, and the notifications that it receives. */
async function listen(name: string) {
  const client = new pg.Client({ connectionString: optionsFor(name).url });
  const heard: { kind: string; body: Record<string, unknown> }[] = [];
  client.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '')));
  await client.connect();
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  await client.query('LISTEN telegate');
  const tell = (kind: string, body: object) =>
    client.query('SELECT pg_notify($1, $2)', ['telegate', JSON.stringify({ from: 'another', kind, body })]);
  return { client, heard, tell, pid: rows[0]?.pid as number };
}

describe('requests waiting at three replicas', () => {
  it('are served in the order in which they arrived', () =>
    withPools(3, 2, async (pools) => {
      const [first, second] = [await ask(pools.at(0), '', []), await ask(pools.at(1), '', [])];
      const order: string[] = [];
      const held = [];
      const names = Array.from({ length: 12 }, (_, index) => `w${index}`);
      for (const [index, name] of names.entries()) {
        held.push(ask(pools.at(index * 7 + (index >> 2)), name, order));
        await allKnow(pools, index + 1);
      }
      let holding = [first, second];
      for (let served = 0; served < names.length; served += 1) {
        const [oldest, ...rest] = holding;
        await free(pools.at(served), oldest ?? 0);
        await until(() => order.length === served + 1);
        holding = [...rest, await (held[served] as Promise<number | null>)];
        await allKnow(pools, names.length - served - 1);
      }
      expect(order).toEqual(names);
    }));

  it('are served as fast as sessions become free, several at once', () =>
    withPools(3, 5, async (pools) => {
      const sessions = [];
      for (let taken = 0; taken < 5; taken += 1) sessions.push(await ask(pools.at(taken), '', []));
      const order: string[] = [];
      const held = [];
      for (let index = 0; index < 10; index += 1) {
        held.push(ask(pools.at(index), `w${index}`, order));
        await allKnow(pools, index + 1);
      }
      await Promise.all(sessions.map((session, index) => free(pools.at(index), session ?? 0)));
      await until(() => order.length === 5);
      expect(new Set(order)).toEqual(new Set(['w0', 'w1', 'w2', 'w3', 'w4']));
      for (const { pool } of pools.replicas) pool.close();
      await Promise.all(held);
    }));

  it('are not overtaken by one that does not wait, at another replica', () =>
    withPools(3, 1, async (pools) => {
      let session = await ask(pools.at(0), '', []);
      for (let round = 0; round < 10; round += 1) {
        const order: string[] = [];
        const held = ask(pools.at(round), 'held', order);
        await allKnow(pools, 1);
        const hasty = ask(pools.at(round + 1), 'hasty', order, 0);
        await free(pools.at(round + 2), session ?? 0);
        session = await held;
        expect(await hasty).toBeNull();
        expect(session).not.toBeNull();
        await allKnow(pools, 0);
      }
    }));

  it('give a repeated idempotency key its lease, although others wait', () =>
    withPools(2, 1, async (pools) => {
      const keyed = { ...wish({ idempotencyKey: 'once' }), ttlSeconds: 3600 };
      const { leaseId } = await pools.at(0).pool.acquire(keyed, 0, null);
      const held = ask(pools.at(0), 'held', []);
      await allKnow(pools, 1);
      for (const { pool } of pools.replicas)
        expect((await pool.acquire(keyed, 0, null)).leaseId).toBe(leaseId);
      pools.at(0).pool.close();
      await held;
    }));
});

describe('the queue of a replica that is lost', () => {
  it('holds the others back while its connection lives, and no longer', () =>
    withPools(2, 1, async (pools) => {
      const lost = await listen(pools.name);
      const session = (await ask(pools.at(0), '', [])) ?? 0;
      const order: string[] = [];
      const held = ask(pools.at(0), 'held', order);
      await until(() => lost.heard.some(({ kind, body }) => kind === 'queue' && body.length === 1));
      const queue = lost.heard.findLast(({ kind, body }) => kind === 'queue' && body.length === 1)?.body;
      const [kind] = Object.keys(queue?.kinds ?? {});
      await lost.tell('queue', { pid: lost.pid, length: 1, kinds: { [kind ?? '']: [T0] } });
      await allKnow(pools, 2);
      await free(pools.at(1), session);
      expect(await ask(pools.at(1), 'hasty', [], 0)).toBeNull();
      expect(order).toEqual([]);
      await lost.client.end();
      expect(await held).toBe(session);
    }));

  it('is notified of sessions that became free before it was known', () =>
    withPools(1, 1, async (pools) => {
      const session = (await ask(pools.at(0), '', [])) ?? 0;
      await free(pools.at(0), session);
      const late = await listen(pools.name);
      await late.tell('queue', { pid: late.pid, length: 1, kinds: { other: [T0] } });
      await until(() => late.heard.some(({ kind }) => kind === 'freed'));
      await late.client.end();
    }));
});
