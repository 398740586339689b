import { describe, expect, it } from '@jest/globals';
import type { ProxyAddress } from '../../src/kernel/proxy.js';
import { TelegramUnreachable } from '../../src/telegram/errors.js';
import { pathTo } from '../../src/telegram/gramjs/network_path.js';
import { isTestAddress, telegramNetwork, wellKnownAddress } from '../../src/telegram/network.js';

const dataCentre = { dcId: 2, test: false };
const target = { host: '149.154.167.51', port: 443 };
const proxy: ProxyAddress = { type: 'socks5', host: 'proxy.example', port: 1080, user: 'u', pass: 'p' };

/** A network that only connects to listed addresses. */
function only(...hosts: readonly string[]) {
  return { ...telegramNetwork, mayDial: (host: string) => hosts.includes(host) };
}

describe('the address of a data centre', () => {
  it('is the one that Telegram publishes', () => {
    const addresses = (test: boolean) =>
      [1, 2, 3, 4, 5, 6].map((dcId) => wellKnownAddress(dcId, test)?.serverAddress ?? null);
    expect(addresses(false)).toEqual([
      ...['149.154.175.53', '149.154.167.51', '149.154.175.100', '149.154.167.91', '91.108.56.130', null],
    ]);
    expect(addresses(true)).toEqual([
      ...['149.154.175.10', '149.154.167.40', '149.154.175.117', null, null, null],
    ]);
  });
});

describe('the path to a data centre', () => {
  it('is straight without a proxy', () => {
    expect(pathTo(telegramNetwork, dataCentre, null)).toEqual({ dataCentre, first: target, behind: null });
    const testServer = { dcId: 2, test: true };
    const { first } = pathTo(telegramNetwork, testServer, null);
    expect(first).toEqual({ host: '149.154.167.40', port: 80 });
  });

  it.each([
    ['socks5', 5],
    ['socks4', 4],
  ] as const)('leads through a %s proxy, which connects to the data centre', (type, version) => {
    expect(pathTo(telegramNetwork, dataCentre, { ...proxy, type })).toEqual({
      dataCentre,
      first: { host: 'proxy.example', port: 1080 },
      behind: { kind: 'socks', version, user: 'u', password: 'p', target },
    });
  });

  it.each([
    ['00112233445566778899aabbccddeeff', '00112233445566778899aabbccddeeff'],
    ['dd00112233445566778899aabbccddeeff', 'dd00112233445566778899aabbccddeeff'],
    ['DD00112233445566778899AABBCCDDEEFF', 'dd00112233445566778899aabbccddeeff'],
    ['3QARIjNEVWZ3iJmqu8zd7v8', 'dd00112233445566778899aabbccddeeff'],
    ['ABEiM0RVZneImaq7zN3u/w==', '00112233445566778899aabbccddeeff'],
  ])('leads through an MTProxy with the secret %s', (pass, secret) => {
    const path = pathTo(telegramNetwork, dataCentre, { ...proxy, type: 'mtproxy', pass });
    expect(path).toEqual({
      dataCentre,
      first: { host: 'proxy.example', port: 1080 },
      behind: { kind: 'mtproxy', secret },
    });
  });

  it.each([
    ['an MTProxy without a secret', null],
    ['a secret of 15 bytes', '00'.repeat(15)],
    ['17 bytes that do not begin with dd', '00'.repeat(17)],
    ['18 bytes', `dd${'00'.repeat(17)}`],
    ['a secret of fake TLS', `ee${'00'.repeat(20)}`],
  ])('does not exist for %s', (_, pass) => {
    const path = () => pathTo(telegramNetwork, dataCentre, { ...proxy, type: 'mtproxy', pass });
    expect(path).toThrow(TelegramUnreachable);
    expect(path).toThrow("can use an MTProxy whose secret has 16 bytes, or 17 after 'dd'");
  });

  it.each([
    [
      'an http proxy',
      dataCentre,
      { ...proxy, type: 'http' as const },
      'TeleGate cannot use an http proxy: use socks5 or mtproxy',
    ],
    [
      'an MTProxy to a test data centre',
      { dcId: 2, test: true },
      { ...proxy, type: 'mtproxy' as const, pass: '00'.repeat(16) },
      'TeleGate cannot use an MTProxy with test data centres',
    ],
    ['a data centre that is not there', { dcId: 6, test: false }, null, 'there is no data centre 6'],
    ['a test data centre that is not there', { dcId: 4, test: true }, null, 'there is no test data centre 4'],
  ])('does not exist for %s', (_, wanted, by, reason) => {
    const path = () => pathTo(telegramNetwork, wanted, by);
    expect(path).toThrow(TelegramUnreachable);
    expect(path).toThrow(`Telegram can't be reached: ${reason}`);
  });

  it('dials only what the network allows, be it the data centre or a proxy', () => {
    expect(() => pathTo(only('proxy.example'), dataCentre, null)).toThrow(/149\.154\.167\.51/);
    expect(() => pathTo(only('proxy.example'), dataCentre, proxy)).toThrow(/149\.154\.167\.51/);
    expect(() => pathTo(only('149.154.167.51'), dataCentre, proxy)).toThrow(/proxy\.example/);
    expect(pathTo(only('149.154.167.51', 'proxy.example'), dataCentre, proxy).first.port).toBe(1080);
  });

  it('never tells a proxy’s secret where it is refused', () => {
    const secret = `ee${'ab'.repeat(20)}`;
    const refused = () => pathTo(telegramNetwork, dataCentre, { ...proxy, type: 'mtproxy', pass: secret });
    expect(refused).toThrow(/secret/);
    expect(refused).not.toThrow(secret);
  });
});

describe('Telegram itself', () => {
  it('is met at its second data centre, proves itself by its own keys, and is reached at any host', () => {
    expect(telegramNetwork).toMatchObject({ firstDc: 2, rsaKeys: [] });
    for (const test of [false, true])
      for (const dcId of [0, 1, 2, 3, 4, 5, 6])
        expect(telegramNetwork.dataCentre(dcId, test)).toEqual(wellKnownAddress(dcId, test));
    expect(telegramNetwork.mayDial('proxy.example')).toBe(true);
  });
});

describe('a well-known address', () => {
  it('is one of five in production, and of three for tests', () => {
    const known = (test: boolean) => [0, 1, 2, 3, 4, 5, 6].map((dcId) => wellKnownAddress(dcId, test)?.port);
    expect(known(false)).toEqual([undefined, 443, 443, 443, 443, 443, undefined]);
    expect(known(true)).toEqual([undefined, 80, 80, 80, undefined, undefined, undefined]);
    expect(wellKnownAddress(2)).toEqual({ serverAddress: '149.154.167.51', port: 443 });
  });

  it('tells test data centres by number and address together', () => {
    expect(isTestAddress(2, '149.154.167.40')).toBe(true);
    expect(isTestAddress(1, '149.154.167.40')).toBe(false);
    expect(isTestAddress(2, '149.154.167.51')).toBe(false);
    expect(isTestAddress(9, '149.154.167.40')).toBe(false);
  });
});
