import { networkOf, type TelegramNetwork } from '../src/telegram/network.js';
import type { Sandbox } from './sandbox.js';

/** What is needed to connect to a sandbox. */
export type SandboxAddresses = Pick<Sandbox, 'addresses' | 'port' | 'rsaPublicKey'>;

/** As with Telegram itself: logins start at 2, so that accounts of other data centres are redirected. */
const FIRST_DC = 2;

/** The data centres of a sandbox as a network: it never connects to anything outside of this machine. */
export function sandboxNetwork({ addresses, port, rsaPublicKey }: SandboxAddresses): TelegramNetwork {
  const { fingerprint, modulus, exponent } = rsaPublicKey;
  return networkOf({
    firstDc: FIRST_DC,
    rsaKeys: [{ fingerprint: fingerprint.toString(), modulus: bytesOf(modulus), exponent }],
    dataCentres: addresses.map((serverAddress, at) => ({ dcId: at + 1, test: false, serverAddress, port })),
    loopbackOnly: true,
  });
}

function bytesOf(number: bigint): Buffer {
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}
