import { describe, expect, it } from '@jest/globals';
import { TELEGRAM_RANGES, telegramDestinations } from '../../src/egress/destinations.js';
import { telegramNetwork } from '../../src/telegram/network.js';

const isTelegram = telegramDestinations(telegramNetwork.definition);

describe('what can be reached through the egress fence', () => {
  it('is each data centre that the service itself knows', () => {
    for (const { serverAddress: host, port } of telegramNetwork.definition.dataCentres)
      expect(isTelegram({ host, port })).toBe(true);
  });

  it.each([
    ['149.154.160.0', 443],
    ['149.154.175.255', 80],
    ['91.108.56.130', 5222],
    ['185.76.151.1', 443],
    ['2001:67c:4e8:f002:0:0:0:a', 443],
    ['2001:b28:f23d:f001:0:0:0:a', 443],
    ['2a0a:f280:203:a:5000:0:0:100', 443],
  ])('is %s at port %d', (host, port) => {
    expect(isTelegram({ host, port })).toBe(true);
  });

  it.each([
    ['149.154.159.255', 443],
    ['149.154.176.0', 443],
    ['91.108.24.1', 443],
    ['149.154.167.51', 22],
    ['149.154.167.51', 8443],
    ['8.8.8.8', 443],
    ['127.0.0.1', 443],
    ['2001:67c:4e9:0:0:0:0:1', 443],
    ['0:0:0:0:0:ffff:959a:a733', 443],
    ['0:0:0:0:0:ffff:7f00:1', 443],
    ['0:0:0:0:0:0:0:1', 443],
  ])('is not %s at port %d', (host, port) => {
    expect(isTelegram({ host, port })).toBe(false);
  });

  it('is nothing but its own data centres for a network within this machine', () => {
    const dataCentres = [{ dcId: 1, test: false, serverAddress: '127.0.0.2', port: 4430 }];
    const isOwn = telegramDestinations({ firstDc: 1, rsaKeys: [], dataCentres, loopbackOnly: true });
    expect(isOwn({ host: '127.0.0.2', port: 4430 })).toBe(true);
    expect(isOwn({ host: '127.0.0.2', port: 443 })).toBe(false);
    for (const [host] of TELEGRAM_RANGES) expect(isOwn({ host, port: 443 })).toBe(false);
  });
});
