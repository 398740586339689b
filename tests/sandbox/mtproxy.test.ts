import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'telegram/index.js';
import { type MtProxy, startMtProxy } from '../../sandbox/mtproxy.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

const secret = '00112233445566778899aabbccddeeff';
let telegram: TestSandbox;
let proxy: MtProxy;
beforeAll(async () => {
  telegram = await testSandbox();
  const { addresses, port } = telegram.sandbox;
  const where = { address: '127.0.0.1', port: 0, addresses, dataCentrePort: port };
  proxy = await startMtProxy({ ...where, secret: Buffer.from(secret, 'hex') });
});
afterAll(async () => {
  await telegram.close();
  await proxy.close();
});

test('connects GramJS to the data centre that it asks for', async () => {
  const client = telegram.client({
    dc: 3,
    proxy: { ip: proxy.address, port: proxy.port, secret, MTProxy: true },
  });
  expect(await client.connect()).toBe(true);
  expect(await client.invoke(new Api.help.GetConfig())).toMatchObject({ thisDc: 3 });
  expect(proxy.passed()).toBe(1);
});

test('disconnects clients that do not know the secret', async () => {
  const before = telegram.sandbox.connections.list().length;
  const client = telegram.client({
    proxy: { ip: proxy.address, port: proxy.port, secret: '0'.repeat(32), MTProxy: true },
  });
  expect(await client.connect()).toBe(false);
  expect(telegram.sandbox.connections.list()).toHaveLength(before);
});
