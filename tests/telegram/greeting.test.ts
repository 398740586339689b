import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TelegramUnreachable } from '../../src/telegram/errors.js';
import { greetTelegram } from '../../src/telegram/gramjs/greeting.js';
import { networkOf } from '../../src/telegram/network.js';
import { type GatewayUnderTest, gatewayUnderTest } from './gateway_under_test.js';

let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
});
afterAll(() => under.close());

test('a greeting is answered with the time of Telegram', async () => {
  const seconds = await greetTelegram(under.network, null, 10);
  expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(5);
});

test('another program is not taken for Telegram, nor is silence', async () => {
  for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
    const server = createServer((socket) => socket.resume().write(answer));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const dc = { dcId: 2, test: false, serverAddress: '127.0.0.1', port };
    const network = networkOf({ firstDc: 2, rsaKeys: [], dataCentres: [dc], loopbackOnly: true });
    await expect(greetTelegram(network, null, 1)).rejects.toThrow(TelegramUnreachable);
    server.close();
  }
});
