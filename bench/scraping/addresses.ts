import type { SandboxAddresses } from '../../sandbox/network.js';

/** The addresses of data centres as text, to be passed to another process. */
export function addressesText({ addresses, port, rsaPublicKey }: SandboxAddresses): string {
  const { pem, modulus, exponent, fingerprint } = rsaPublicKey;
  const key = { pem, modulus: `${modulus}`, exponent, fingerprint: `${fingerprint}` };
  return JSON.stringify({ addresses, port, key });
}

/** The inverse of `addressesText`. */
export function addressesIn(text: string): SandboxAddresses {
  const { addresses, port, key } = JSON.parse(text);
  const { pem, modulus, exponent, fingerprint } = key;
  const rsaPublicKey = { pem, modulus: BigInt(modulus), exponent, fingerprint: BigInt(fingerprint) };
  return { addresses, port, rsaPublicKey };
}
