import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { RunStore } from '../../scraping/store.js';
import type { Synchronous } from '../synchronous.js';
import { PeerTable } from './peer_table.js';
import { RunLogs } from './run_logs.js';
import { RunQueue } from './run_queue.js';
import { RunRecords } from './run_records.js';
import { RunStoring } from './run_storing.js';

/** Runs, and what they have stored, in SQLite. */
export function createRunTable(db: BetterSQLite3Database): Synchronous<RunStore> {
  const queue = new RunQueue(db);
  const records = new RunRecords(db);
  const logs = new RunLogs(db);
  const storing = new RunStoring(db);
  const peers = new PeerTable(db);
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
