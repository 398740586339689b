import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Api } from 'telegram/index.js';
import { Budgets } from '../../sandbox/budgets.js';
import { startControl } from '../../sandbox/control/server.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

const PAGE = { method: 'messages.getHistory', perSecond: 2, burst: 3 };

describe('a budget of requests', () => {
  let now = 0;
  const spend = (budgets: Budgets, count: number, account = 'a') =>
    Array.from({ length: count }, () => budgets.spend(account, 'messages.GetHistory'));

  it('refuses what is beyond it until all of it is there again, for each account by itself', () => {
    const budgets = new Budgets(() => now);
    budgets.add({ ...PAGE, excess: 'flood' });
    const flood = { kind: 'error', code: 420, message: 'FLOOD_WAIT_2' };
    expect(spend(budgets, 5)).toEqual([null, null, null, flood, flood]);
    expect(spend(budgets, 1, 'b')).toEqual([null]);
    expect(budgets.spend('a', 'upload.GetFile')).toBeNull();
    now += 2_000;
    expect(spend(budgets, 4)).toEqual([null, null, null, flood]);
  });

  it('delays what is beyond it until its turn', () => {
    const budgets = new Budgets(() => now);
    budgets.add({ ...PAGE, excess: 'delay' });
    const slow = (milliseconds: number) => ({ kind: 'slow', milliseconds });
    expect(spend(budgets, 5)).toEqual([null, null, null, slow(500), slow(1_000)]);
    now += 1_500;
    expect(spend(budgets, 2)).toEqual([null, slow(500)]);
  });

  it('is over when it is cleared', () => {
    const budgets = new Budgets(() => now);
    budgets.add({ ...PAGE, excess: 'flood' });
    expect(budgets.list()).toHaveLength(1);
    expect(budgets.clear()).toBe(1);
    expect(spend(budgets, 4)).toEqual([null, null, null, null]);
  });
});

describe('a budget that is set over the control endpoint', () => {
  let telegram: TestSandbox;
  let control: Awaited<ReturnType<typeof startControl>>;
  beforeAll(async () => {
    telegram = await testSandbox();
    control = await startControl(telegram.sandbox, 0);
  });
  afterEach(() => {
    telegram.sandbox.budgets.clear();
  });
  afterAll(async () => {
    await control.close();
    await telegram.close();
  });

  it('limits a client, also one that waits as Telegram says', async () => {
    const { client } = await telegram.logIn('+9996610001');
    const body = JSON.stringify({ method: 'users.getUsers', per_second: 1, burst: 2 });
    const answer = await fetch(`${control.url}/budgets`, { method: 'POST', body });
    expect(await answer.json()).toEqual({
      method: 'users.getUsers',
      perSecond: 1,
      burst: 2,
      excess: 'flood',
    });
    const self = new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });
    for (const _ of [1, 2]) expect(await client.invoke(self)).toHaveLength(1);
    await expect(client.invoke(self)).rejects.toMatchObject({ code: 420, errorMessage: 'FLOOD', seconds: 2 });
    expect(await (await fetch(`${control.url}/budgets`)).json()).toHaveLength(1);
    await fetch(`${control.url}/budgets`, { method: 'DELETE' });
    expect(await client.invoke(self)).toHaveLength(1);
  });

  it('must be a possible one', async () => {
    const body = JSON.stringify({ method: 'users.getUsers', per_second: 0 });
    expect((await fetch(`${control.url}/budgets`, { method: 'POST', body })).status).toBe(422);
  });
});
