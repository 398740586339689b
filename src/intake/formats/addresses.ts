import { isIPv4, isIPv6 } from 'node:net';

/** The 4 or 16 bytes of an IP address in network order; null: the text is no IP address. */
export function ipToBytes(address: string): Buffer | null {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  if (!isIPv6(address) || address.includes('%')) return null;
  const [head = '', tail] = canonicalIpv6(address).split('::');
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  const bytes = Buffer.alloc(16);
  [...first, ...zeros, ...last].forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  return bytes;
}

/** The text of an IP address given as 4 or 16 bytes in network order; IPv6 in its shortest form. */
export function ipFromBytes(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return canonicalIpv6(groups.join(':'));
}

/** The URL parser shortens IPv6 by RFC 5952 and writes an embedded IPv4 address as two groups. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
