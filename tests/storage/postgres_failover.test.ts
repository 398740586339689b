import { expect, it } from '@jest/globals';
import { COMMIT } from './cutting_proxy.js';
import { describeWithServer } from './databases_postgres.js';
import { SAVE, save, whereConnectionsFail } from './failing_connections.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

describe('a transaction that loses its connection', () => {
  it.each(['BEGIN', 'INSERT'])('before %s is sent is retried, and done once', (text) =>
    whereConnectionsFail(async ({ transactions, proxy, pauses, saved }) => {
      proxy.cutNext('question', text);
      await transactions.run(save);
      expect(await saved()).toBe('x');
      expect(pauses).toHaveLength(1);
    }),
  );

  it('to a server that closes it is retried', () =>
    whereConnectionsFail(async ({ transactions, pauses, saved }) => {
      await transactions.run(async (client) => {
        await save(client);
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        if (pauses.length < 2) await onServer(`SELECT pg_terminate_backend(${rows[0]?.pid})`);
        await client.query('SELECT 1');
      });
      expect(await saved()).toBe('x');
      expect(pauses).toHaveLength(2);
    }));

  it.each([
    ['question', undefined],
    ['answer', 'x'],
  ] as const)('during its commit (the %s is lost) is not retried: it may be done', (what, kept) =>
    whereConnectionsFail(async ({ transactions, proxy, pauses, saved }) => {
      proxy.cutNext(what, COMMIT);
      const unknown = transactions.run(save);
      await expect(unknown).rejects.toMatchObject({ name: 'OutcomeUnknown', retryAfterSeconds: 5 });
      expect(await saved()).toBe(kept);
      expect(pauses).toEqual([]);
    }),
  );

  it('and gets no other one waits for up to two seconds, longer each time', () =>
    whereConnectionsFail(async ({ transactions, proxy, pauses }) => {
      proxy.down();
      await expect(transactions.run(save)).rejects.toMatchObject({ name: 'Unavailable' });
      expect(pauses).toEqual([...pauses].sort((one, other) => one - other));
      expect(pauses.reduce((sum, pause) => sum + pause)).toBe(2000);
    }));

  it('continues as soon as there is a connection again', () =>
    whereConnectionsFail(async (failing) => {
      const { transactions, proxy, pauses, saved } = failing;
      await transactions.run(save);
      proxy.down();
      failing.onPause = () => pauses.length === 3 && proxy.up();
      await transactions.run(save);
      expect(await saved()).toBe('xx');
      expect(pauses).toHaveLength(3);
    }));
});

describe('a single statement that loses its connection', () => {
  it('may have been done if it writes, and is not retried', () =>
    whereConnectionsFail(async ({ transactions, proxy, pauses, saved }) => {
      proxy.cutNext('answer', 'INSERT');
      await expect(transactions.statement(SAVE)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
      expect(await saved()).toBe('x');
      expect(pauses).toEqual([]);
    }));

  it('is retried if it only reads', () =>
    whereConnectionsFail(async ({ transactions, proxy, pauses }) => {
      proxy.cutNext('answer', 'SELECT');
      expect(await transactions.statement({ text: 'SELECT 1 AS one' }, 'reads')).toEqual([{ one: 1 }]);
      expect(pauses).toHaveLength(1);
    }));

  it('is retried, whatever it does, if it got no connection', () =>
    whereConnectionsFail(async (failing) => {
      const { transactions, proxy, pauses, saved } = failing;
      proxy.down();
      failing.onPause = () => pauses.length === 2 && proxy.up();
      await transactions.statement(SAVE);
      expect(await saved()).toBe('x');
    }));
});

describe('a statement that took too long', () => {
  it('is reported as unavailable, is rolled back, and does not take that long again', () =>
    whereConnectionsFail(async ({ transactions, pauses }) => {
      const slow = transactions.run(async (client) => {
        await client.query('SET LOCAL statement_timeout = 20');
        await client.query('SELECT pg_sleep(5)');
      });
      await expect(slow).rejects.toMatchObject({ name: 'Unavailable' });
      const text = "SELECT set_config('statement_timeout', '20', false), pg_sleep(5)";
      await transactions.statement({ text: "SELECT set_config('statement_timeout', '20', false)" });
      await expect(transactions.statement({ text })).rejects.toMatchObject({ name: 'Unavailable' });
      expect(pauses).toEqual([]);
    }));
});
