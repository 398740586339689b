import { pbkdf2Sync } from 'node:crypto';
import {
  bigEndianInteger,
  dhBytes,
  dhGenerator,
  dhPrime,
  dhSecretBytes,
  modularPower,
  toBigEndian,
} from './integers.js';
import { sha256 } from './primitives.js';

/** The salts of a password (core.telegram.org/api/srp). */
export interface Salts {
  readonly salt1: Buffer;
  readonly salt2: Buffer;
}

/** The server's half of one proof that the client knows the password. */
export interface Challenge extends Salts {
  /** `g^x`, all that the server knows of the password. */
  readonly verifier: bigint;
  /** `b`. */
  readonly secret: bigint;
  /** `g_b`, which the client is sent. */
  readonly srpB: Buffer;
}

const g = BigInt(dhGenerator);
const primeBytes = toBigEndian(dhPrime, dhBytes);
const generatorBytes = toBigEndian(g, dhBytes);
const k = bigEndianInteger(sha256(primeBytes, generatorBytes));

/** The verifier of `password`: `g` to the power of `PH2(password, salt1, salt2)`. */
export function verifierOf(password: string, { salt1, salt2 }: Salts): bigint {
  const salted = (data: Buffer, salt: Buffer): Buffer => sha256(salt, data, salt);
  const ph1 = salted(salted(Buffer.from(password, 'utf8'), salt1), salt2);
  const ph2 = salted(pbkdf2Sync(ph1, salt1, 100_000, 64, 'sha512'), salt2);
  return modularPower(g, bigEndianInteger(ph2), dhPrime);
}

/** A new challenge to prove knowledge of the password behind `verifier`. */
export function challengeFor(
  verifier: bigint,
  salts: Salts,
  randomBytes: (length: number) => Buffer,
): Challenge {
  const secret = bigEndianInteger(randomBytes(dhSecretBytes));
  const srpB = (k * verifier + modularPower(g, secret, dhPrime)) % dhPrime;
  return { ...salts, verifier, secret, srpB: toBigEndian(srpB, dhBytes) };
}

/** Whether `A` and `M1` prove that the client knows the password. */
export function proves(challenge: Challenge, { A, M1 }: { A: Buffer; M1: Buffer }): boolean {
  const { verifier, secret, srpB, salt1, salt2 } = challenge;
  const a = bigEndianInteger(A);
  if (A.length > dhBytes || a <= 0n || a >= dhPrime) return false;
  const padded = toBigEndian(a, dhBytes);
  const u = bigEndianInteger(sha256(padded, srpB));
  const shared = modularPower(a * modularPower(verifier, u, dhPrime), secret, dhPrime);
  const key = sha256(toBigEndian(shared, dhBytes));
  const generatorHash = sha256(generatorBytes);
  const mixed = Buffer.from(sha256(primeBytes).map((byte, at) => byte ^ (generatorHash[at] ?? 0)));
  return sha256(mixed, sha256(salt1), sha256(salt2), padded, srpB, key).equals(M1);
}
