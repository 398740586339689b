import { describe } from '@jest/globals';
import { claims } from './prefect_claims.js';
import { deployments } from './prefect_deployments.js';
import { reports } from './prefect_reports.js';
import type { MakeStores } from './stores.js';

/** What every driver's PrefectStore must do. */
export function prefectStoreContract(make: MakeStores): void {
  describe('the deployments of sources', () => deployments(make));
  describe('claims of flow runs', () => claims(make));
  describe('reports of flow runs', () => reports(make));
}
