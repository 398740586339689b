import { describe, expect, it } from '@jest/globals';
import { parseTrustedProxies } from '../../src/access/trusted_proxies.js';

describe('proxies that are trusted', () => {
  it.each([
    ['loopback', ['loopback']],
    ['10.0.0.5', ['10.0.0.5']],
    [' 10.0.0.0/8 ,fd00::/8, ::1,', ['10.0.0.0/8', 'fd00::/8', '::1']],
    ['10.0.0.5/32,2001:db8::1/128', ['10.0.0.5/32', '2001:db8::1/128']],
  ])('are read from %s', (list, proxies) => {
    expect(parseTrustedProxies(list)).toEqual(proxies);
  });

  it.each([
    ['true'],
    ['1'],
    ['*'],
    ['proxy.example'],
    ['10.0.0.256'],
    ['10.0.0.0/33'],
    ['10.0.0.0/0'],
    ['::/0'],
    ['10.0.0.0/8/8'],
    ['10.0.0.0/'],
    ['10.0.0.0/255.0.0.0'],
    ['fd00::/129'],
    ['fe80::1%eth0'],
    ['loopback 10.0.0.1'],
  ])('are never %s', (list) => {
    expect(() => parseTrustedProxies(`127.0.0.1,${list}`)).toThrow('a comma-separated list of loopback');
  });
});
