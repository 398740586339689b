import { bigEndianInteger, modularPower } from './integers.js';

const WITNESSES = [2n, 3n, 5n, 7n, 11n, 13n, 17n];

/** A random odd prime of `bytes` bytes, at most 6: its highest bit is clear, the one below it set. */
export function randomPrime(bytes: number, randomBytes: (length: number) => Buffer): bigint {
  const highest = 1n << BigInt(bytes * 8 - 2);
  for (;;) {
    const candidate = (bigEndianInteger(randomBytes(bytes)) % highest) | highest | 1n;
    if (isPrime(candidate)) return candidate;
  }
}

/** Miller and Rabin's test, which is exact with these witnesses for numbers this small (below 3.4e14). */
function isPrime(candidate: bigint): boolean {
  let odd = candidate - 1n;
  let twos = 0;
  while (odd % 2n === 0n) {
    odd /= 2n;
    twos += 1;
  }
  return WITNESSES.every((witness) => passes(candidate, witness, odd, twos));
}

function passes(candidate: bigint, witness: bigint, odd: bigint, twos: number): boolean {
  let power = modularPower(witness, odd, candidate);
  if (power === 1n || power === candidate - 1n) return true;
  for (let step = 1; step < twos; step++) {
    power = (power * power) % candidate;
    if (power === candidate - 1n) return true;
  }
  return false;
}
