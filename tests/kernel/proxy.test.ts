import { describe, expect, it } from '@jest/globals';
import { parseProxyUrl } from '../../src/kernel/proxy.js';

const SECRET = 'dd00112233445566778899aabbccddeeff';

describe("a proxy's URL", () => {
  it.each([
    ['socks5://me:pw@proxy.example:1080', ['socks5', 'proxy.example', 1080, 'me', 'pw']],
    ['SOCKS4://10.0.0.1:9', ['socks4', '10.0.0.1', 9, null, null]],
    ['http://me@proxy.example:80/', ['http', 'proxy.example', 80, 'me', null]],
    ['socks5://me:pw@[2001:db8::1]:65535', ['socks5', '2001:db8::1', 65_535, 'me', 'pw']],
    ['socks5://m%40e:p%3Aw%2F%C3%A9@h:1', ['socks5', 'h', 1, 'm@e', 'p:w/é']],
    ['socks5://me:p@ss@h:1', ['socks5', 'h', 1, 'me', 'p@ss']],
    [`mtproxy://proxy.example:443?secret=${SECRET}`, ['mtproxy', 'proxy.example', 443, null, SECRET]],
    ['mtproxy://h:443?secret=7gAAAAAAAAAA+/AAAA%3D%3D', ['mtproxy', 'h', 443, null, '7gAAAAAAAAAA+/AAAA==']],
  ])('%s is understood', (text, [type, host, port, user, pass]) => {
    expect(parseProxyUrl(text)).toEqual({ type, host, port, user, pass });
  });

  it.each([
    ['no scheme', 'me:hunter2@h:1080'],
    ['an unknown type', 'ftp://me:hunter2@h:1080'],
    ['no port', 'socks5://me:hunter2@h'],
    ['port 0', 'socks5://me:hunter2@h:0'],
    ['a port that is too large', 'socks5://me:hunter2@h:65536'],
    ['a port that is no number', 'socks5://me:hunter2@h:http'],
    ['no host', 'socks5://me:hunter2@:1080'],
    ['a host with odd characters', 'socks5://me:hunter2@a!b:1080'],
    ['an address that is none', 'socks5://me:hunter2@[::g]:1080'],
    ['a path', 'socks5://me:hunter2@h:1080/hunter2'],
    ['a query', 'socks5://me:hunter2@h:1080?hunter2'],
    ['a fragment', 'socks5://me:hunter2@h:1080#hunter2'],
    ['an unescaped slash', 'socks5://me:hunter2/x@h:1080'],
    ['a blank', 'socks5://me:hunter2 x@h:1080'],
    ['a broken percent sequence', 'socks5://me:hunter2%zz@h:1080'],
    ['an MTProxy without a secret', 'mtproxy://h:443'],
    ['an MTProxy with a user', `mtproxy://me:hunter2@h:443?secret=${SECRET}`],
    ['an MTProxy with a short secret', 'mtproxy://h:443?secret=hunter2'],
  ])('with %s is rejected, without showing the password', (_what, text) => {
    let message = '';
    expect(() => {
      try {
        parseProxyUrl(text);
      } catch (error) {
        message = String(error instanceof Error ? error.stack : error);
        throw error;
      }
    }).toThrow();
    expect(message).not.toContain('hunter2');
  });
});
