import { isIPv6 } from 'node:net';

const TYPES = ['socks5', 'socks4', 'mtproxy', 'http'] as const;

/** A proxy between a Telegram client and Telegram. For an MTProxy, `pass` is its secret. */
export interface ProxyAddress {
  readonly type: (typeof TYPES)[number];
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly pass: string | null;
}

/** A proxy as it is stored: `pass` is encrypted. */
export interface StoredProxy {
  readonly type: string;
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly pass: string | null;
}

/**
 * Reads `TYPE://[user[:pass]@]host:port` (percent-decoded; an IPv6 host in brackets, returned without them), where
 * TYPE is socks5, socks4 or http, or `mtproxy://host:port?secret=SECRET`.
 *
 * @throws Error whose message never holds the user, the password or the secret.
 */
export function parseProxyUrl(text: string): ProxyAddress {
  const { type, url } = split(text.trim());
  const host = parseHost(url.hostname);
  // The URL parser has rejected ports above 65535.
  const port = Number(url.port);
  if (port === 0) throw new Error('a proxy URL needs a port from 1 to 65535');
  if (url.pathname !== '' && url.pathname !== '/') throw new Error('a proxy URL has no path');
  if (url.hash !== '') throw new Error('a proxy URL has no fragment: write # as %23');
  if (type === 'mtproxy') return { type, host, port, user: null, pass: parseSecret(url) };
  if (url.search !== '') throw new Error(`a ${type} proxy URL has no query: write ? as %3F`);
  return { type, host, port, user: decode(url.username), pass: decode(url.password) };
}

function split(text: string): { type: ProxyAddress['type']; url: URL } {
  const [, scheme, rest] = /^([a-z][a-z0-9]*):\/\/(\S+)$/i.exec(text) ?? [];
  if (scheme === undefined)
    throw new Error('a proxy URL has the form type://user:pass@host:port, without spaces');
  const type = TYPES.find((known) => known === scheme.toLowerCase());
  if (type === undefined) throw new Error(`a proxy's type is one of ${TYPES.join(', ')}`);
  try {
    // Parsed under a scheme of its own: with http, the parser would drop port 80 and rewrite the host.
    return { type, url: new URL(`proxy://${rest}`) };
  } catch {
    // The parser's own error quotes its input, including the password.
    throw new Error('a proxy URL has the form type://user:pass@host:port, with a port from 1 to 65535');
  }
}

function parseHost(hostname: string): string {
  const address = /^\[(.*)\]$/.exec(hostname)?.[1];
  if (address !== undefined && isIPv6(address)) return address;
  if (!/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(hostname)) {
    throw new Error('a proxy URL needs a host name or an address');
  }
  return hostname;
}

function parseSecret(url: URL): string {
  if (url.username !== '' || url.password !== '') throw new Error('an mtproxy URL has a secret, not a user');
  // Not searchParams, which would turn the + of base64 into a space.
  const secret = decode(/[?&]secret=([^&]*)/.exec(url.search)?.[1] ?? '');
  if (secret === null || !/^[\w+/=-]{16,}$/.test(secret)) {
    throw new Error('an mtproxy URL ends in ?secret=, then 16 or more hexadecimal or base64 characters');
  }
  return secret;
}

function decode(text: string): string | null {
  if (text === '') return null;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a proxy URL has a broken percent sequence: write % as %25');
  }
}
