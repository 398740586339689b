import { describe } from '@jest/globals';
import { cancels } from './run_cancels.js';
import { runLists } from './run_lists.js';
import { ownership } from './run_ownership.js';
import { queue } from './run_queue.js';
import { records } from './run_records.js';
import { storing } from './run_storing.js';
import type { MakeStores } from './stores.js';

/** What every driver's RunStore must do. */
export function runStoreContract(make: MakeStores): void {
  describe('queued runs', () => queue(make));
  describe('running runs', () => ownership(make));
  describe('cancelled runs', () => cancels(make));
  describe('records of runs', () => records(make));
  describe('lists', () => runLists(make));
  describe('what runs record', () => storing(make));
}
