import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type MtProxy, startMtProxy } from '../../sandbox/mtproxy.js';
import { parseProxyUrl } from '../../src/kernel/proxy.js';
import { TelegramTimeout, TelegramUnreachable } from '../../src/telegram/errors.js';
import { ManualTime, until } from '../service/manual_time.js';
import {
  type GatewayUnderTest,
  gatewayUnderTest,
  loginOf,
  rejectionOf,
  whoAmI,
} from './gateway_under_test.js';
import { type SocksServer, startSocksServer } from './socks_server.js';

const secret = '00112233445566778899aabbccddeeff';
const ada = '+9996610001';
let under: GatewayUnderTest;
let mtProxy: MtProxy;
let socks: SocksServer;
let open: SocksServer;
beforeAll(async () => {
  under = await gatewayUnderTest();
  const { addresses, port } = under.telegram.sandbox;
  const where = { address: '127.0.0.1', port: 0, addresses, dataCentrePort: port };
  mtProxy = await startMtProxy({ ...where, secret: Buffer.from(secret, 'hex') });
  socks = await startSocksServer({ user: 'user', password: 'p@ss' });
  open = await startSocksServer(null);
  await under.accessOf(ada);
});
afterEach(() => until(() => under.openConnections() === 0));
afterAll(async () => {
  await under.close();
  await mtProxy.close();
  await socks.close();
  await open.close();
});

/** Asks who Ada is, through the proxy. */
async function through(url: string): Promise<unknown> {
  return under.gateway.withAccount({ ...(await under.accessOf(ada)), proxy: parseProxyUrl(url) }, whoAmI);
}

test('reaches Telegram through an MTProxy', async () => {
  const before = mtProxy.passed();
  const proxy = parseProxyUrl(`mtproxy://127.0.0.1:${mtProxy.port}?secret=${secret}`);
  const { key } = await under.gateway.sendCode({ ...loginOf('+9996630001'), proxy });
  // Via data centre 1.
  expect(key.dcId).toBe(3);
  expect(mtProxy.passed()).toBe(before + 2);
  const url = `mtproxy://127.0.0.1:${mtProxy.port}?secret=`;
  expect(await through(`${url}dd${secret}`)).toMatchObject({ firstName: 'Ada' });
  expect(await through(`${url}${Buffer.from(secret, 'hex').toString('base64url')}`)).toMatchObject({
    firstName: 'Ada',
  });
});

test('is rejected by an MTProxy without its secret', async () => {
  const wrong = through(`mtproxy://127.0.0.1:${mtProxy.port}?secret=${'0'.repeat(32)}`);
  await expect(wrong).rejects.toBeInstanceOf(TelegramUnreachable);
});

test('reaches Telegram through SOCKS, and asks it for the data centre only', async () => {
  const { addresses, port } = under.telegram.sandbox;
  expect(await through(`socks5://user:p%40ss@127.0.0.1:${socks.port}`)).toMatchObject({ firstName: 'Ada' });
  expect(socks.passed).toEqual([`${addresses[0]}:${port}`]);
  expect(await through(`socks5://127.0.0.1:${open.port}`)).toMatchObject({ firstName: 'Ada' });
  expect(await through(`socks4://127.0.0.1:${open.port}`)).toMatchObject({ firstName: 'Ada' });
  expect(open.passed).toHaveLength(2);
});

test('reports that a proxy rejects it, without the password', async () => {
  const refused = through(`socks5://user:wrong-word@127.0.0.1:${socks.port}`);
  await expect(refused).rejects.toBeInstanceOf(TelegramUnreachable);
  const error: unknown = await refused.catch((reason: unknown) => reason);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('wrong-word');
  await expect(refused).rejects.toThrow(
    `the proxy 127.0.0.1:${socks.port} can't connect to it: Socks5 Authentication failed`,
  );
});

test('reports that there is no proxy', async () => {
  const gone = await startSocksServer(null);
  await gone.close();
  await expect(through(`socks5://127.0.0.1:${gone.port}`)).rejects.toThrow(/ECONNREFUSED/);
  await expect(through(`mtproxy://127.0.0.1:${gone.port}?secret=${secret}`)).rejects.toThrow(/ECONNREFUSED/);
});

test('times out on a silent proxy', async () => {
  const time = new ManualTime();
  await under.telegram.sandbox.behave(3, 'silent');
  const proxy = parseProxyUrl(
    `socks5://${under.telegram.sandbox.addresses[2]}:${under.telegram.sandbox.port}`,
  );
  const access = { ...(await under.accessOf(ada)), proxy };
  const work = under.another({ timers: time }).withAccount(access, whoAmI);
  await until(() => under.openConnections() === 1);
  const { error, seconds } = await rejectionOf(work, time);
  expect(error).toBeInstanceOf(TelegramTimeout);
  expect(seconds).toBeLessThanOrEqual(10);
  await under.telegram.sandbox.behave(3, 'normal');
});

test.each([
  ['http://127.0.0.1:8080', /cannot use an http proxy/],
  ['socks5://192.0.2.1:1080', /192\.0\.2\.1 must not be connected to/],
  [`mtproxy://192.0.2.1:443?secret=${secret}`, /192\.0\.2\.1 must not be connected to/],
  [`mtproxy://127.0.0.1:443?secret=ee${secret}6578616d706c65`, /secret has 16 bytes/],
])('cannot use %s', async (url, message) => {
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  await expect(through(url)).rejects.toThrow(message);
  await expect(through(url)).rejects.toBeInstanceOf(TelegramUnreachable);
  expect(connections.list()).toHaveLength(before);
});

test('cannot reach test data centres through an MTProxy', async () => {
  const access = await under.accessOf(ada);
  const proxy = parseProxyUrl(`mtproxy://127.0.0.1:${mtProxy.port}?secret=${secret}`);
  const key = { ...access.key, test: true };
  await expect(under.gateway.withAccount({ ...access, key, proxy }, whoAmI)).rejects.toThrow(
    /cannot use an MTProxy with test data centres/,
  );
});
