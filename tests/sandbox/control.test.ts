import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'telegram/index.js';
import { type ControlServer, startControl } from '../../sandbox/control/server.js';
import { sendCode, type TestSandbox, testSandbox } from './gramjs.js';

let telegram: TestSandbox;
let control: ControlServer;
beforeAll(async () => {
  telegram = await testSandbox();
  control = await startControl(telegram.sandbox, 0);
});
afterAll(async () => {
  await control.close();
  await telegram.close();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string | number, unknown>>;
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${control.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const self = new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });

test('sets, shows and clears faults', async () => {
  const { client } = await telegram.logIn('+9996610001');
  const set = await call('POST', '/faults', {
    fault: 'PEER_FLOOD',
    phone: '+9996610001',
    method: 'getUsers',
  });
  expect(set).toMatchObject({ status: 200, body: { id: 1, struck: 0 } });
  await expect(client.invoke(self)).rejects.toMatchObject({ errorMessage: 'PEER_FLOOD' });
  expect((await call('GET', '/faults')).body).toMatchObject([{ id: 1, struck: 1 }]);
  expect((await call('DELETE', '/faults/1')).body).toEqual({ cleared: 1 });
  expect(await client.invoke(self)).toMatchObject([{ firstName: 'Ada' }]);
  expect(await call('POST', '/faults', { fault: 'no such thing' })).toMatchObject({ status: 422 });
});

test('shows the last code that was sent to each account', async () => {
  const client = telegram.client();
  await client.connect();
  await sendCode(client, '+9996610002');
  const { body } = await call('GET', '/accounts');
  const ben = { phone: '+9996610002', dc: 1, code: '11111', lastCode: { code: '11111', type: 'sms' } };
  expect(body[1]).toMatchObject(ben);
});

test('shows who was connected, without false overlaps', async () => {
  const { client } = await telegram.logIn('+9996620002');
  await client.destroy();
  const { body } = await call('GET', '/connections?phone=%2B9996620002');
  expect(body.connections).toMatchObject([{ dc: 2, phone: '9996620002', media_requests: 0 }]);
  expect(body.overlaps).toEqual([]);
});

test("lists channels, and returns a file's checksum", async () => {
  const channels = (await call('GET', '/channels')).body;
  expect(channels[1]).toMatchObject({ id: '2147483700', messages: 100_000, username: 'sandbox_archive' });
  const file = telegram.sandbox.world.channels[2]?.feed.post(3)?.file;
  const { body } = await call('GET', `/files/${file?.id}`);
  expect(body).toMatchObject({ name: 'report.pdf', size: 123_456, dc: 1, message_id: 3 });
  expect(body.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(await call('GET', '/files/12')).toMatchObject({ status: 404 });
});

test('makes a data centre refuse connections, and accept them again', async () => {
  expect(await call('POST', '/servers/3', { mode: 'refuse' })).toMatchObject({ status: 200 });
  expect(await telegram.client({ dc: 3 }).connect()).toBe(false);
  await call('POST', '/servers/3', { mode: 'normal' });
  expect(await telegram.client({ dc: 3 }).connect()).toBe(true);
  expect(await call('POST', '/servers/9', { mode: 'normal' })).toMatchObject({ status: 404 });
  expect((await call('GET', '/servers')).body).toContainEqual({ dc: 3, mode: 'normal' });
});
