import { isIP, isIPv4, isIPv6 } from 'node:net';

/** The part of an IPv6 address that identifies one customer, in groups of 16 bits. */
const NETWORK_GROUPS = 4;

/** The exact address of a client. `address` is the one reported by a trusted proxy; `peer` the connection's own. */
export function exactAddress(address: string | undefined, peer: string | undefined): string {
  const known = address && isIP(address) > 0 ? address : (peer ?? '');
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(known)?.[1] ?? known.toLowerCase();
}

/**
 * What counts as one client: an IPv4 address, or the network of 2^64 IPv6 addresses that one customer has. `address`
 * is the one reported by a trusted proxy; if it is not an address, the proxy's own counts.
 */
export function clientAddress(address: string | undefined, peer: string | undefined): string {
  const [plain = ''] = (address && isIP(address) > 0 ? address : (peer ?? '')).split('%');
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  if (mapped) return mapped;
  return isIPv6(plain) ? networkOf(plain) : plain;
}

function networkOf(address: string): string {
  const [before = '', after] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  const zeros = after === undefined ? 0 : NETWORK_GROUPS + NETWORK_GROUPS - groups.length - lengthOf(after);
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...(after?.split(':') ?? [])];
  const network = all.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::`;
}

/** An IPv4 address at the end stands for two groups. */
function lengthOf(groups: string): number {
  if (groups === '') return 0;
  return groups.split(':').length + (groups.includes('.') ? 1 : 0);
}

const WANTED =
  'a comma-separated list of loopback, addresses or networks (such as 10.0.0.5 or fd00::/8) of proxies';

/**
 * Reads the proxies whose `X-Forwarded-For` is trusted, in Express's format.
 * @throws Error that says what was expected.
 */
export function parseTrustedProxies(list: string): string[] {
  const entries = list.split(',').map((entry) => entry.trim());
  const given = entries.filter((entry) => entry !== '');
  if (!given.every(isTrustable)) throw new Error(WANTED);
  return given;
}

/** A network of all addresses would trust everyone, so that any client could claim any address. */
function isTrustable(entry: string): boolean {
  if (entry === 'loopback') return true;
  const [address = '', bits, ...rest] = entry.split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}
