import { isIPv4, isIPv6 } from 'node:net';

/** Where a data centre listens. */
export interface DcAddress {
  readonly serverAddress: string;
  readonly port: number;
}

/** Production data centres, as `help.getConfig` names them; all listen on 443. */
const productionAddresses = new Map([
  [1, '149.154.175.53'],
  [2, '149.154.167.51'],
  [3, '149.154.175.100'],
  [4, '149.154.167.91'],
  [5, '91.108.56.130'],
]);

/** Test data centres, and their port, as Pyrogram knows them (`session/internals/data_center.py`). */
const testAddresses = new Map([
  [1, '149.154.175.10'],
  [2, '149.154.167.40'],
  [3, '149.154.175.117'],
]);

/** The well-known address of a data centre, for formats that store only its number; null: no such one. */
export function wellKnownAddress(dcId: number, test = false): DcAddress | null {
  const serverAddress = (test ? testAddresses : productionAddresses).get(dcId);
  return serverAddress === undefined ? null : { serverAddress, port: test ? 80 : 443 };
}

/** Whether the address is a test data centre's. */
export function isTestAddress(dcId: number, serverAddress: string): boolean {
  return testAddresses.get(dcId) === serverAddress;
}

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
