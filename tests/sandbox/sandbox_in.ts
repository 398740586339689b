import { randomBytes } from 'node:crypto';
import { generateRsaPem } from '../../sandbox/crypto/rsa_key.js';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { sandboxSeed } from '../../sandbox/seed.js';
import type { Seed } from '../../sandbox/world/seed.js';

let pem: string | null = null;

/** The one RSA key of all data centres of this process: making a key takes longer than starting them. */
export function sharedRsaPem(): string {
  pem ??= generateRsaPem();
  return pem;
}

/** Starts data centres over an empty directory. */
export function sandboxIn(directory: string, seed: Seed = sandboxSeed): Promise<Sandbox> {
  const makeRsaPem = sharedRsaPem;
  return startSandbox({ directory, seed, port: 0, time: Date.now, randomBytes, makeRsaPem });
}
