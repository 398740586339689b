import type { AccessStore } from '../../access/store.js';
import type { IntakeStore } from '../../intake/store.js';
import type { PoolStore } from '../../pool/store.js';

/** Every operation of a port, by name: the compiler objects if one is missing. */
function operationsOf<Port>(names: { readonly [Name in keyof Port]: true }): (keyof Port & string)[] {
  return Object.keys(names) as (keyof Port & string)[];
}

export const POOL_OPERATIONS = operationsOf<PoolStore>({
  acquire: true,
  renew: true,
  release: true,
  block: true,
  giveBack: true,
  restore: true,
  expire: true,
  counts: true,
  leases: true,
  history: true,
  prune: true,
});

export const INTAKE_OPERATIONS = operationsOf<IntakeStore>({
  known: true,
  knownOf: true,
  total: true,
  authKeys: true,
  apply: true,
  lastDevice: true,
  saveDevice: true,
  session: true,
  sessions: true,
  edit: true,
});

export const ACCESS_OPERATIONS = operationsOf<AccessStore>({
  keyByHash: true,
  keys: true,
  createKey: true,
  revokeKey: true,
  proxies: true,
  addProxy: true,
  saveProxyPass: true,
  fact: true,
  saveFact: true,
});
