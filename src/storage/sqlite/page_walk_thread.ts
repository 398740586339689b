import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { saysDamaged, walkPages } from './soundness.js';

/** The result of a check of all pages. `not_read`: unknown. */
export type WalkReport =
  | { readonly kind: 'sound' }
  | { readonly kind: 'damaged' | 'not_read'; readonly reason: string };

/** Pauses after each batch for as long as it took, so that half of a core and of the disk is left for leasing. */
async function walk(path: string): Promise<WalkReport> {
  try {
    const pages = walkPages(path);
    let step = pages.next();
    for (; !step.done; step = pages.next()) await delay(step.value);
    return step.value === null ? { kind: 'sound' } : { kind: 'damaged', reason: step.value };
  } catch (error) {
    const damaged = error instanceof Database.SqliteError && saysDamaged(error.code);
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: damaged ? 'damaged' : 'not_read', reason };
  }
}

if (parentPort) parentPort.postMessage(await walk(String(workerData)));
