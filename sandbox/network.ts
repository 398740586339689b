import { isIPv4 } from 'node:net';
import type { TelegramNetwork } from '../src/telegram/network.js';
import type { Sandbox } from './sandbox.js';

/** What is needed to connect to a sandbox. */
export type SandboxAddresses = Pick<Sandbox, 'addresses' | 'port' | 'rsaPublicKey'>;

/** As with Telegram itself: logins start at 2, so that accounts of other data centres are redirected. */
const FIRST_DC = 2;

/** The data centres of a sandbox as a network: it never connects to anything outside of this machine. */
export function sandboxNetwork({ addresses, port, rsaPublicKey }: SandboxAddresses): TelegramNetwork {
  const { fingerprint, modulus, exponent } = rsaPublicKey;
  return {
    firstDc: FIRST_DC,
    rsaKeys: [{ fingerprint: fingerprint.toString(), modulus: bytesOf(modulus), exponent }],
    dataCentre(dcId, test) {
      const serverAddress = test ? undefined : addresses[dcId - 1];
      return serverAddress === undefined ? null : { serverAddress, port };
    },
    mayDial: isLoopback,
  };
}

/** Names other than `localhost` are not resolved: they could lead anywhere. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function bytesOf(number: bigint): Buffer {
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}
