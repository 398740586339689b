/** The signed integer that `bytes` are, least significant first. */
export function littleEndianInteger(bytes: Buffer): bigint {
  return BigInt.asIntN(bytes.length * 8, bigEndianInteger(Buffer.from(bytes).reverse()));
}

/** `value` in `length` bytes, least significant first; negative ones in two's complement. */
export function toLittleEndian(value: bigint, length: number): Buffer {
  return toBigEndian(BigInt.asUintN(length * 8, value), length).reverse();
}

/** The natural number that `bytes` are, most significant first. */
export function bigEndianInteger(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}

/** `value` in `length` bytes, most significant first. Throws RangeError where it needs more. */
export function toBigEndian(value: bigint, length: number): Buffer {
  const digits = value.toString(16).padStart(length * 2, '0');
  if (digits.length > length * 2) throw new RangeError(`more than ${length} bytes`);
  return Buffer.from(digits, 'hex');
}

/** `value` in as many bytes as it needs, most significant first. */
export function shortestBigEndian(value: bigint): Buffer {
  return toBigEndian(value, Math.ceil(value.toString(16).length / 2));
}

/** `base` to the power of `exponent`, modulo `modulus`. */
export function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

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

/**
 * The prime that Telegram's servers send, the only one that some clients accept (core.telegram.org/mtproto/auth_key).
 */
export const dhPrime = BigInt(
  `0x${[
    'c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f',
    '48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37',
    '20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64',
    '2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4',
    'a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754',
    'fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4',
    'e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f',
    '0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b',
  ].join('')}`,
);

/** A generator of its subgroup of prime order. */
export const dhGenerator = 3;

/** Bytes of an element of the group. */
export const dhBytes = 256;

/** Bytes of a secret exponent: longer ones would be no harder to find, and take eight times as long. */
export const dhSecretBytes = 32;
