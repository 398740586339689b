import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TelegramTimeout } from '../../src/telegram/errors.js';
import type { AccountAccess, ConnectedAccount, TelegramGateway } from '../../src/telegram/gateway.js';
import { ManualTime, until } from '../service/manual_time.js';
import {
  countedTimers,
  type GatewayUnderTest,
  gatewayUnderTest,
  loginOf,
  rejectionOf,
  whoAmI,
} from './gateway_under_test.js';

/** `TimeoutError` is the reason of the work's own signal. */
const expectedNames = [
  'TelegramFlood',
  'TelegramRefused',
  'TelegramTimeout',
  'TelegramUnreachable',
  'TimeoutError',
];
let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
});
afterAll(() => under.close());

type Failing = (gateway: TelegramGateway, access: AccountAccess) => Promise<unknown>;

/** Work that fails in one of many ways, according to the data centre's faults and mode. */
const kinds: readonly Failing[] = [
  (gateway, access) => gateway.withAccount(access, whoAmI),
  (gateway, access) => gateway.withAccount(access, (account) => account.channels()),
  (gateway, access) => gateway.withAccount({ ...access, withinSeconds: 0.01 }, whoAmI),
  (gateway, access) => gateway.withAccount({ ...access, signal: AbortSignal.timeout(5) }, whoAmI),
  (gateway, access) =>
    gateway.withAccount(access, async (account: ConnectedAccount) => {
      // Several at once, not all of which are awaited.
      await Promise.all([account.whoAmI(), account.whoAmI(), account.resolve('sandbox_news')]);
    }),
  (gateway, access) => {
    const key = { ...access.key, authKey: randomBytes(256) };
    return gateway.withAccount({ ...access, key }, whoAmI);
  },
  (gateway, { key }) => {
    const stranger = { ...key, authKey: randomBytes(256) };
    return gateway.checkPassword({ ...loginOf('+9996610001'), key: stranger }, 'password');
  },
];

const phones = [
  '+9996610001',
  '+9996610002',
  '+9996620001',
  '+9996620002',
  '+9996620003',
  '+9996630001',
  '+9996610001',
];
const modes = ['refuse', 'silent', 'half_dead'] as const;
const faults = ['FLOOD_WAIT_30', 'AUTH_KEY_UNREGISTERED', 'hang', 'drop', ...modes];
const rounds = 8;

/** Each kind has its own account: two connections with one key would be another kind of failure. */
async function failures(gateway: TelegramGateway): Promise<unknown[]> {
  const accesses = await Promise.all(phones.map((phone) => under.accessOf(phone)));
  const works = kinds.flatMap((failing, at) => {
    const access = accesses[at];
    return access === undefined ? [] : [failing(gateway, access)];
  });
  const results = await Promise.allSettled(works);
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

const timeouts = (resources: readonly string[]) => resources.filter((name) => name === 'Timeout');

/** How long to look, in real time. */
const LOOKS = 25;
const LOOK_MS = 20;

/** How often to look so long: what the data centres and GramJS themselves wait for ends sooner on a busy machine, too. */
const MOST_TIMES = 10;

/** What is active all the while: timers that are about to fire come and go. */
async function lastingResources(): Promise<string[]> {
  let fewest = process.getActiveResourcesInfo();
  for (let look = 0; look < LOOKS; look++) {
    await setTimeout(LOOK_MS);
    const now = process.getActiveResourcesInfo();
    if (now.length < fewest.length) fewest = now;
  }
  return fewest.sort();
}

/** The timeouts that stay: at best as many as there were. */
async function lastingTimeouts(before: number): Promise<number> {
  let now = Number.POSITIVE_INFINITY;
  for (let times = 0; times < MOST_TIMES && now > before; times++)
    now = timeouts(await lastingResources()).length;
  return now;
}

// Jest fails the running test on an unhandled rejection.
test('leaves no socket, no timer and no connection behind after 300 failures of every kind', async () => {
  const timers = countedTimers();
  const limits = { connectSeconds: 0.05, callSeconds: 0.05 };
  const gateway = under.another({ timers, limits });
  for (const phone of phones) await under.accessOf(phone);
  const { sandbox } = under.telegram;
  const baseline = await lastingResources();
  const errors: unknown[] = [];
  for (const fault of faults) {
    const mode = modes.find((known) => known === fault) ?? 'normal';
    for (const dc of [1, 2, 3]) await sandbox.behave(dc, mode);
    sandbox.faults.add({ fault });
    for (let round = 0; round < rounds; round++) errors.push(...(await failures(gateway)));
    sandbox.faults.clear();
  }
  for (const dc of [1, 2, 3]) await sandbox.behave(dc, 'normal');
  expect(errors).toHaveLength(faults.length * rounds * kinds.length);
  expect(errors.length).toBeGreaterThanOrEqual(300);
  const names = new Set(errors.map((error) => Reflect.get(Object(error), 'name')));
  expect([...names].sort()).toEqual(expectedNames);
  expect(timers.waiting()).toBe(0);
  const before = timeouts(baseline).length;
  expect(await lastingTimeouts(before)).toBe(before);
  expect(sandbox.connections.overlaps()).toEqual([]);
  await until(() => under.openConnections() === 0);
  await until(() => String(process.getActiveResourcesInfo().sort()) === String(baseline));
});

test('never has two connections with one key, however the previous one ended', async () => {
  const time = new ManualTime();
  const impatient = under.another({ timers: time });
  const access = await under.accessOf('+9996610001');
  const { connections, faults: faulty } = under.telegram.sandbox;
  for (let round = 0; round < 50; round++) {
    const before = connections.list().length;
    const fault = faulty.add({ fault: 'hang' });
    const hanging = impatient.withAccount(access, whoAmI);
    await until(() => connections.list()[before]?.requests === 1);
    faulty.clear(fault.id);
    const { error } = await rejectionOf(hanging, time);
    expect(error).toBeInstanceOf(TelegramTimeout);
    expect(await under.gateway.withAccount(access, whoAmI)).toMatchObject({ firstName: 'Ada' });
  }
  expect(connections.overlaps()).toEqual([]);
});
