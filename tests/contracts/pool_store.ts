import { describe } from '@jest/globals';
import { monitoringStoreContract } from './monitoring_store.js';
import { blocking } from './pool_blocks.js';
import { conditions } from './pool_conditions.js';
import { counting } from './pool_counts.js';
import { exclusion } from './pool_exclusion.js';
import { fencing } from './pool_fences.js';
import { randomHistories } from './pool_histories.js';
import { idempotency } from './pool_idempotency.js';
import { ofInactive } from './pool_inactive.js';
import { leasing } from './pool_leases.js';
import { massExpiry } from './pool_mass_expiry.js';
import { records } from './pool_records.js';
import { releasing } from './pool_releases.js';
import { strategies } from './pool_strategies.js';
import { useLimits } from './pool_use_limits.js';
import type { MakeStores } from './stores.js';

/** What every driver's PoolStore must do. */
export function poolStoreContract(make: MakeStores): void {
  describe('leases', () => leasing(make));
  describe('leases of inactive sessions', () => ofInactive(make));
  describe('releases', () => releasing(make));
  describe('leases that expire together', () => massExpiry(make));
  describe('idempotency keys', () => idempotency(make));
  describe('fenced leases', () => fencing(make));
  describe('blocks', () => blocking(make));
  describe('the condition of an account', () => conditions(make));
  describe('limits by tag', () => useLimits(make));
  describe('a strategy', () => strategies(make));
  describe('counts', () => counting(make));
  describe('records', () => records(make));
  describe('monitoring', () => monitoringStoreContract(make));
  describe('random histories', () => randomHistories(make));
  describe('exclusion', () => exclusion(make));
}
