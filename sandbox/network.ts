import { isIPv4 } from 'node:net';
import type { TelegramNetwork } from '../src/telegram/network.js';
import type { Sandbox } from './sandbox.js';

/** What of a sandbox one has to know to dial it. */
export type SandboxAddresses = Pick<Sandbox, 'addresses' | 'port' | 'rsaPublicKey'>;

/** As with Telegram itself: logins begin at 2, so that accounts of others are sent on to theirs. */
const FIRST_DC = 2;

/** The data centres of a sandbox as a network: nothing outside of this machine is ever dialled. */
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

/** Names other than `localhost` are not looked up: who knows where they lead. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function bytesOf(number: bigint): Buffer {
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}
