import { sha256 } from '../crypto/primitives.js';
import { type Challenge, challengeFor, type Salts, verifierOf } from '../crypto/srp.js';
import type { Account } from '../world/accounts.js';

const MAX_CHALLENGES = 1000;

/** Challenges that clients have not answered yet. */
export class SrpChallenges {
  readonly #challenges = new Map<bigint, { readonly phone: string; readonly challenge: Challenge }>();
  /** A hundred thousand rounds of PBKDF2 each. */
  readonly #verifiers = new Map<string, bigint>();

  constructor(readonly randomBytes: (length: number) => Buffer) {}

  /** A new challenge for the account, which has `password`. */
  begin(account: Account, password: string): { readonly id: bigint; readonly challenge: Challenge } {
    const salts = saltsOf(account);
    const verifier = this.#verifiers.get(account.phone) ?? verifierOf(password, salts);
    this.#verifiers.set(account.phone, verifier);
    const id = this.randomBytes(8).readBigInt64LE();
    const challenge = challengeFor(verifier, salts, this.randomBytes);
    this.#challenges.set(id, { phone: account.phone, challenge });
    for (const [oldest] of this.#challenges) {
      if (this.#challenges.size <= MAX_CHALLENGES) break;
      this.#challenges.delete(oldest);
    }
    return { id, challenge };
  }

  /** Each is valid once. Null: not a challenge of this account, or already answered. */
  take(id: bigint, { phone }: Account): Challenge | null {
    const found = this.#challenges.get(id);
    if (found?.phone !== phone) return null;
    this.#challenges.delete(id);
    return found.challenge;
  }
}

function saltsOf(account: Account): Salts {
  return {
    salt1: sha256(Buffer.from(`salt1:${account.id}`)),
    salt2: sha256(Buffer.from(`salt2:${account.id}`)).subarray(0, 16),
  };
}
