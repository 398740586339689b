import type { RunStore } from '../../runs/store.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { runQueue } from './run_queue.js';
import { runLog, runRecords } from './run_records.js';
import { storedMessages } from './stored_messages.js';

/** Runs and what they have stored. */
export function runRepository(units: UnitOfWorkRunner): RunStore {
  return {
    ...runQueue(units),
    ...runRecords(units),
    ...runLog(units),
    ...storedMessages(units),
  };
}
