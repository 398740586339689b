import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { AuthKey } from 'telegram/crypto/AuthKey.js';
import gramjs from 'telegram/Helpers.js';
import { dhPrime } from '../../sandbox/crypto/integers.js';
import { mendKeyAgreement, modularPower } from '../../src/telegram/gramjs/key_agreement.js';

const number = (bytes: Buffer) => gramjs.readBigIntFromBuffer(bytes, false);
const prime = number(Buffer.from(dhPrime.toString(16), 'hex'));

/** By squaring and multiplying. */
function slowPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

it.each([
  { what: 'a small base', base: 1, exponent: 256 },
  { what: 'a base larger than the prime', base: 257, exponent: 256 },
  { what: 'an exponent longer than the prime', base: 256, exponent: 300 },
  { what: 'a short exponent', base: 256, exponent: 128 },
])('raises $what to a large power as arithmetic does', (length) => {
  const [base, exponent] = [randomBytes(length.base), randomBytes(length.exponent)];
  base[0] = (base[0] ?? 0) | 2;
  const expected = slowPower(
    BigInt(`0x${base.toString('hex')}`),
    BigInt(`0x${exponent.toString('hex')}`),
    dhPrime,
  );
  expect(modularPower(number(base), number(exponent), prime).toString()).toBe(expected.toString());
});

it('keeps the leading zeros of an auth key', async () => {
  mendKeyAgreement();
  const [whole, short] = [new AuthKey(), new AuthKey()];
  await whole.setKey(Buffer.concat([Buffer.alloc(1), Buffer.alloc(255, 7)]));
  await short.setKey(Buffer.alloc(255, 7));
  expect(short.getKey()).toHaveLength(256);
  expect(short.keyId?.toString()).toBe(whole.keyId?.toString());
});
