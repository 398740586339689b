import { describe, expect, it } from '@jest/globals';
import { clientAddress, exactAddress, parseTrustedProxies } from '../../src/kernel/client_address.js';

describe('a client', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.168.100.210', '192.168.100.210'],
    ['64:ff9b::ffff:192.0.2.7', '64:ff9b:0:0::'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['2001:DB8:0001:0002::9', '2001:db8:1:2::'],
    ['2001:db8::1', '2001:db8:0:0::'],
    ['2001:db8::2:0:0:1', '2001:db8:0:0::'],
    ['2001:db8::5:2:0:0:1', '2001:db8:0:5::'],
    ['::1', '0:0:0:0::'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::'],
    ['fe80::1%eth0', 'fe80:0:0:0::'],
  ])('at %s is counted as %s', (address, client) => {
    expect(clientAddress(address, '198.51.100.1')).toBe(client);
  });

  it.each([[undefined], [''], ['unknown'], ['192.0.2.7:4711'], ['x'.repeat(5000)]])(
    'that a proxy calls %s is counted as the proxy',
    (address) => {
      expect(clientAddress(address, '198.51.100.1')).toBe('198.51.100.1');
    },
  );

  it('that has already disconnected is counted with others of that kind', () => {
    expect(clientAddress(undefined, undefined)).toBe('');
  });
});

describe('the exact address of a client', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.168.100.210', '192.168.100.210'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
    ['1::ffff:192.0.2.7', '1::ffff:192.0.2.7'],
  ])('at %s is %s', (address, exact) => {
    expect(exactAddress(address, '198.51.100.1')).toBe(exact);
    expect(exactAddress(undefined, address)).toBe(exact);
  });

  it.each([[undefined], [''], ['unknown']])('that a proxy calls %s is the proxy’s', (address) => {
    expect(exactAddress(address, '198.51.100.1')).toBe('198.51.100.1');
  });

  it('that has already disconnected is empty', () => {
    expect(exactAddress(undefined, undefined)).toBe('');
  });
});

describe('trusted proxies', () => {
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
