import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'telegram/index.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

test("negotiates a key with GramJS and tells it the data centres' addresses", async () => {
  const client = sandbox.client({ dc: 2 });
  expect(await client.connect()).toBe(true);
  const config = await client.invoke(new Api.help.GetConfig());
  expect(config.thisDc).toBe(2);
  expect(config.dcOptions.map(({ id, ipAddress, port }) => ({ id, ipAddress, port }))).toEqual(
    [1, 2, 3].map((id) => ({ id, ipAddress: `127.0.0.${id + 1}`, port: sandbox.sandbox.port })),
  );
});

test('knows no account before somebody logs in', async () => {
  const client = sandbox.client();
  await client.connect();
  const asked = client.invoke(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
  await expect(asked).rejects.toMatchObject({ code: 401, errorMessage: 'AUTH_KEY_UNREGISTERED' });
});
