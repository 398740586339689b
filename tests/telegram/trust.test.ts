import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateRsaPem } from '../../sandbox/crypto/rsa_key.js';
import { sandboxSeed } from '../../sandbox/seed.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { TelegramUnreachable } from '../../src/telegram/errors.js';
import type { TelegramGateway } from '../../src/telegram/gateway.js';
import { createGramjsGateway } from '../../src/telegram/gramjs/gateway.js';
import { type TestSandbox, testSandbox } from '../sandbox/gramjs.js';
import { loginOf, networkOf } from './gateway_under_test.js';

let telegram: TestSandbox;
let gateway: TelegramGateway;
beforeAll(async () => {
  telegram = await testSandbox(sandboxSeed, generateRsaPem);
  const network = { ...networkOf(telegram.sandbox), rsaKeys: [] };
  gateway = createGramjsGateway({ network, timers: nodeTimers });
});
afterAll(async () => {
  await gateway.close();
  await telegram.close();
});

test('negotiates no key with a data centre that cannot prove its identity', async () => {
  const login = gateway.sendCode(loginOf('+9996610001'));
  await expect(login).rejects.toBeInstanceOf(TelegramUnreachable);
  await expect(login).rejects.toThrow(/no key could be negotiated: .* could not find a valid key/);
  expect(telegram.sandbox.connections.list()).toMatchObject([{ requests: 0 }, { requests: 0 }]);
});
