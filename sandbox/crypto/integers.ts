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
