import { isIP, isIPv4 } from 'node:net';

const WANTED =
  'a comma-separated list of loopback, addresses or networks (such as 10.0.0.5 or fd00::/8) of proxies';

/**
 * Reads the proxies whose `X-Forwarded-For` is believed, as Express takes them.
 * @throws Error that says what was wanted.
 */
export function parseTrustedProxies(list: string): string[] {
  const entries = list.split(',').map((entry) => entry.trim());
  const given = entries.filter((entry) => entry !== '');
  if (!given.every(isTrustable)) throw new Error(WANTED);
  return given;
}

/** A network of all addresses would believe everybody, so that anyone could take any address. */
function isTrustable(entry: string): boolean {
  if (entry === 'loopback') return true;
  const [address = '', bits, ...rest] = entry.split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}
