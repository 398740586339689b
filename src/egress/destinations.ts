import { BlockList, isIPv4 } from 'node:net';
import type { NetworkDefinition } from '../telegram/network.js';
import type { Destination } from './socks5.js';

/** Telegram's address ranges (core.telegram.org/resources/cidr.txt). */
export const TELEGRAM_RANGES: readonly (readonly [string, number])[] = [
  ['91.105.192.0', 23],
  ['91.108.4.0', 22],
  ['91.108.8.0', 22],
  ['91.108.12.0', 22],
  ['91.108.16.0', 22],
  ['91.108.20.0', 22],
  ['91.108.56.0', 22],
  ['149.154.160.0', 20],
  ['185.76.151.0', 24],
  ['2001:67c:4e8::', 48],
  ['2001:b28:f23c::', 48],
  ['2001:b28:f23d::', 48],
  ['2001:b28:f23f::', 48],
  ['2a0a:f280::', 32],
];

/** The ports on which data centres listen (core.telegram.org/mtproto/transports). */
const TELEGRAM_PORTS: ReadonlySet<number> = new Set([80, 443, 5222]);

/** Whether a destination belongs to Telegram; nothing else can be reached. */
export type IsTelegram = (destination: Destination) => boolean;

/**
 * The data centres of a network: those that it defines, at their own ports, and, unless it is confined to this
 * machine, all of Telegram's ranges. An IPv4 address written as IPv6 is in none.
 */
export function telegramDestinations({ dataCentres, loopbackOnly }: NetworkDefinition): IsTelegram {
  const defined = new Set(dataCentres.map(({ serverAddress, port }) => `${serverAddress} ${port}`));
  const ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [address, bits] of loopbackOnly ? [] : TELEGRAM_RANGES) {
    const family = familyOf(address);
    ranges[family].addSubnet(address, bits, family);
  }
  return ({ host, port }) => {
    if (defined.has(`${host} ${port}`)) return true;
    const family = familyOf(host);
    return TELEGRAM_PORTS.has(port) && !isMapped(host) && ranges[family].check(host, family);
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/** `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2): no client of Telegram writes it, and filters overlook it. */
function isMapped(host: string): boolean {
  return host.startsWith('0:0:0:0:0:ffff:');
}
