import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import type { Service } from '../service/service.js';
import { GREETING, login, RawClient, request, type SocksProxy, ThroughProxy } from './socks_client.js';
import { type FencedWorld, fenced, withFence } from './with_fence.js';

const METHOD_CHOSEN = '0502';
const METHOD_REFUSED = '05ff';
const ACCEPTED = '0100';
const REFUSED = '0101';

/** The answer to a request, with its code. */
const answered = (code: number) => `05${code.toString(16).padStart(2, '0')}0001000000000000`;
const NOT_ALLOWED = answered(2);
const COMMAND_NOT_SUPPORTED = answered(7);
const ADDRESS_NOT_SUPPORTED = answered(8);

/** How often the fence has refused for this reason. */
async function refusals(service: Service, reason: string): Promise<number> {
  const { text } = await service.as('monitor').get('/metrics').expect(200);
  return Number(
    new RegExp(`^telegate_egress_refusals_total{reason="${reason}"} (\\d+)$`, 'm').exec(text)?.[1],
  );
}

/** A client that has logged in as the holder of a lease. */
async function loggedIn(proxy: SocksProxy): Promise<RawClient> {
  const client = await RawClient.connect(proxy.port);
  client.send(GREETING, login(proxy));
  await until(() => client.answer === METHOD_CHOSEN + ACCEPTED);
  return client;
}

/** What the fence answers to this request by a holder of a lease; nothing may reach the data centre. */
async function answerTo({ service, dataCentre }: FencedWorld, asked: Buffer): Promise<string> {
  const { proxy } = await fenced(service);
  const client = await loggedIn(proxy);
  client.send(asked);
  await until(() => client.answer.length > (METHOD_CHOSEN + ACCEPTED).length);
  client.socket.end();
  await until(() => client.isClosed);
  expect(dataCentre.accepted).toBe(0);
  return client.answer.slice((METHOD_CHOSEN + ACCEPTED).length);
}

const mapped = (address: readonly number[]) => [...Array(10).fill(0), 255, 255, ...address];

describe('a client of the egress fence', () => {
  it.each([
    ['another host', '192.0.2.7', 443],
    ['a private address', '10.0.0.1', 443],
    ['the metadata service of a cloud', '169.254.169.254', 80],
    ['this machine', '127.0.0.1', 22],
    ['every address of this machine', '0.0.0.0', 443],
    ['a neighbour of a data centre', '127.0.0.2', 443],
    ['Telegram, from a service that is confined to this machine', '149.154.167.51', 443],
  ])('cannot reach %s', (_what, host, port) =>
    withFence(async (world) => {
      expect(await answerTo(world, request({ host, port }))).toBe(NOT_ALLOWED);
      expect(await refusals(world.service, 'destination')).toBe(1);
    })(),
  );

  it(
    'cannot reach the data centre by another port, or written as an IPv6 address',
    withFence(async (world) => {
      const { port } = world.dataCentre;
      expect(await answerTo(world, request({ host: '127.0.0.1', port: port ^ 1 }))).toBe(NOT_ALLOWED);
      const written = [5, 1, 0, 4, ...mapped([127, 0, 0, 1]), port >> 8, port & 255];
      expect(await answerTo(world, Buffer.from(written))).toBe(NOT_ALLOWED);
      const loopback = [5, 1, 0, 4, ...Array(15).fill(0), 1, port >> 8, port & 255];
      expect(await answerTo(world, Buffer.from(loopback))).toBe(NOT_ALLOWED);
    }),
  );

  it.each([
    ['BIND', 2],
    ['UDP ASSOCIATE', 3],
    ['no command at all', 0],
    ['an unknown command', 255],
  ])('cannot ask for %s', (_what, command) =>
    withFence(async (world) => {
      const asked = request({ host: world.dataCentre.host, port: world.dataCentre.port }, command);
      expect(await answerTo(world, asked)).toBe(COMMAND_NOT_SUPPORTED);
    })(),
  );

  it(
    'cannot have a name resolved',
    withFence(async (world) => {
      const name = 'localhost';
      const asked = Buffer.concat([
        Buffer.from([5, 1, 0, 3, name.length]),
        Buffer.from(name),
        Buffer.from([world.dataCentre.port >> 8, world.dataCentre.port & 255]),
      ]);
      expect(await answerTo(world, asked)).toBe(ADDRESS_NOT_SUPPORTED);
    }),
  );

  it.each<[string, readonly number[]]>([
    ['no authentication only', [5, 1, 0]],
    ['GSSAPI', [5, 1, 1]],
    ['no method', [5, 0]],
    ['every other method', [5, 253, ...Array.from({ length: 253 }, (_, at) => at + 3)]],
  ])('is refused when it offers %s', (_what, greeting) =>
    withFence(async ({ service }) => {
      const { proxy } = await fenced(service);
      const client = await RawClient.connect(proxy.port);
      client.send(greeting);
      await until(() => client.answer === METHOD_REFUSED);
      expect(await refusals(service, 'no_credentials')).toBe(1);
    })(),
  );

  it(
    'is refused with any credentials but its own',
    withFence(async ({ service }) => {
      const { proxy, session_id, lease_id } = await fenced(service);
      const other = await fenced(service);
      const [, name = ''] = proxy.user.split('-');
      const wrong = [
        { user: '', pass: '' },
        { user: proxy.user, pass: '' },
        { user: '', pass: proxy.pass },
        { user: proxy.user, pass: other.proxy.pass },
        { user: other.proxy.user, pass: proxy.pass },
        { user: `${other.session_id}-${name}`, pass: proxy.pass },
        { user: String(session_id), pass: lease_id },
        { user: proxy.user, pass: `${proxy.pass}A` },
        { user: proxy.user, pass: proxy.pass.toLowerCase() },
        { user: `0${proxy.user}`, pass: proxy.pass },
      ];
      for (const credentials of wrong) {
        const client = await RawClient.connect(proxy.port);
        client.send(GREETING, login(credentials));
        await until(() => client.answer === METHOD_CHOSEN + REFUSED);
      }
      expect(await refusals(service, 'bad_credentials')).toBe(wrong.length);
    }),
  );

  it(
    'is slowed down when it guesses, and its neighbour with right credentials is not',
    withFence(async ({ service, dataCentre }) => {
      const { proxy } = await fenced(service);
      const guess = async () => {
        const client = await RawClient.connect(proxy.port);
        return client.send(GREETING, login({ user: proxy.user, pass: 'x'.repeat(43) }));
      };
      for (let guesses = 0; guesses < 10; guesses += 1) {
        const client = await guess();
        await until(() => client.answer === METHOD_CHOSEN + REFUSED);
      }
      const slow = await guess();
      await ThroughProxy.to(proxy, dataCentre);
      expect(slow.answer).toBe(METHOD_CHOSEN);
      await service.time.advance(3);
      await until(() => slow.answer === METHOD_CHOSEN + REFUSED);
    }),
  );

  it.each<[string, string | readonly number[]]>([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a request for a proxy', 'CONNECT 149.154.167.51:443 HTTP/1.1\r\n\r\n'],
    ['SOCKS 4', [4, 1, 1, 187, 149, 154, 167, 51, 0]],
    ['TLS', [22, 3, 1, 2, 0, 1, 0, 1, 252]],
    ['zeros', Array(10_000).fill(0)],
    ['a login of another version', [...GREETING, 5, 1, 65, 1, 65]],
  ])('is cut off when it speaks %s', (_what, bytes) =>
    withFence(async ({ service, dataCentre }) => {
      const { proxy } = await fenced(service);
      const client = await RawClient.connect(proxy.port);
      client.send(bytes);
      await until(() => client.isClosed);
      expect(await refusals(service, 'not_socks')).toBe(1);
      expect(dataCentre.accepted).toBe(0);
    })(),
  );

  it(
    'is cut off when it says nothing, or a byte at a time',
    withFence(async ({ service }) => {
      const { proxy } = await fenced(service);
      const silent = await RawClient.connect(proxy.port);
      const slow = await RawClient.connect(proxy.port);
      slow.send([5]);
      const stuck = await loggedIn(proxy);
      stuck.send([5, 1, 0]);
      await service.time.advance(6);
      slow.send([1]);
      await service.time.advance(6);
      await until(() => silent.isClosed && slow.isClosed && stuck.isClosed);
      expect(await refusals(service, 'slow')).toBe(3);
    }),
  );

  it(
    'takes no place from others by connections that it half closes or resets',
    withFence(async ({ service, dataCentre }) => {
      const { proxy } = await fenced(service);
      for (let flood = 0; flood < 400; flood += 1) {
        const client = await RawClient.connect(proxy.port);
        if (flood % 2 === 1) client.socket.resetAndDestroy();
        else client.socket.end();
        await until(() => client.isClosed || client.socket.destroyed);
      }
      await ThroughProxy.to(proxy, dataCentre);
    }),
  );

  it(
    'has at most 64 connections under one lease, and 256 that have not said where to',
    withFence(async ({ service, dataCentre }) => {
      const { proxy } = await fenced(service);
      for (let made = 0; made < 64; made += 1) await ThroughProxy.to(proxy, dataCentre);
      await expect(ThroughProxy.to(proxy, dataCentre)).rejects.toThrow(/NotAllowed/);
      const idle = [];
      for (let made = 0; made < 256; made += 1) idle.push(await RawClient.connect(proxy.port));
      const refused = await RawClient.connect(proxy.port).catch(() => null);
      await until(() => refused === null || refused.isClosed);
      expect(await refusals(service, 'too_many')).toBe(2);
      expect(idle.filter(({ isClosed }) => isClosed)).toEqual([]);
    }),
  );

  it(
    'takes a place, as one that has not said where to, until it is gone after a refusal',
    withFence(async ({ service, dataCentre }) => {
      const { proxy } = await fenced(service);
      const refused: RawClient[] = [];
      for (let made = 0; made < 256; made += 1)
        refused.push((await RawClient.connect(proxy.port)).send([5, 1, 0]));
      await until(() => refused.every(({ answer }) => answer === METHOD_REFUSED));
      const next = await RawClient.connect(proxy.port).catch(() => null);
      await until(() => next === null || next.isClosed);
      expect(await refusals(service, 'too_many')).toBe(1);
      await service.time.advance(2);
      await ThroughProxy.to(proxy, dataCentre);
    }),
  );

  it(
    'has what it sends too early passed on in order',
    withFence(async ({ service, dataCentre }) => {
      const { proxy } = await fenced(service);
      const client = await RawClient.connect(proxy.port);
      client.send(GREETING, login(proxy), request(dataCentre), 'early');
      await until(() => dataCentre.received === 'early');
      expect(client.answer.startsWith(METHOD_CHOSEN + ACCEPTED + answered(0))).toBe(true);
    }),
  );

  it(
    'finds no secret of a lease in the log',
    withFence(async ({ service, dataCentre }) => {
      const lease = await fenced(service);
      await ThroughProxy.to(lease.proxy, dataCentre);
      const client = await RawClient.connect(lease.proxy.port);
      client.send(GREETING, login({ user: lease.proxy.user, pass: 'y'.repeat(43) }));
      await until(() => client.answer === METHOD_CHOSEN + REFUSED);
      await service.as('admin').post('/release').send({ session_id: lease.session_id }).expect(200);
      await until(() => service.log.some((line) => line.includes('egress connections were cut')));
      const log = service.log.join('\n');
      for (const secret of [lease.lease_id, lease.proxy.pass, lease.proxy.user])
        expect(log).not.toContain(secret);
    }),
  );
});
