import type { RunStore } from '../../scraping/store.js';
import type { InTransaction } from './in_transaction.js';
import { PeerTable } from './peer_table.js';
import { RunLogs } from './run_logs.js';
import { RunQueue } from './run_queue.js';
import { RunRecords } from './run_records.js';
import { RunStoring } from './run_storing.js';

/** Runs, and what they have stored, in PostgreSQL. */
export function createRunTable(run: InTransaction): RunStore {
  const queue = new RunQueue(run);
  const records = new RunRecords(run);
  const logs = new RunLogs(run);
  const storing = new RunStoring(run);
  const peers = new PeerTable(run);
  return {
    begin: (...args) => queue.begin(...args),
    take: (...args) => queue.take(...args),
    renew: (...args) => queue.renew(...args),
    mark: (...args) => queue.mark(...args),
    defer: (...args) => queue.defer(...args),
    finish: (...args) => queue.finish(...args),
    cancel: (...args) => queue.cancel(...args),
    run: (...args) => records.run(...args),
    runs: (...args) => records.runs(...args),
    lastRuns: (...args) => records.lastRuns(...args),
    files: (...args) => records.files(...args),
    log: (...args) => logs.log(...args),
    logs: (...args) => logs.logs(...args),
    pruneLogs: (...args) => logs.pruneLogs(...args),
    checkpoint: (...args) => storing.checkpoint(...args),
    store: (...args) => storing.store(...args),
    storedAs: (...args) => storing.storedAs(...args),
    peer: (...args) => peers.peer(...args),
    savePeer: (...args) => peers.savePeer(...args),
    forgetPeer: (...args) => peers.forgetPeer(...args),
  };
}
