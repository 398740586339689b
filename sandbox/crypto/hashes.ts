import { createHash } from 'node:crypto';

/** SHA-1 of the parts, one after the other. */
export function sha1(...parts: readonly Buffer[]): Buffer {
  return hash('sha1', parts);
}

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: readonly Buffer[]): Buffer {
  return hash('sha256', parts);
}

function hash(algorithm: string, parts: readonly Buffer[]): Buffer {
  const state = createHash(algorithm);
  for (const part of parts) state.update(part);
  return state.digest();
}
