import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { saysDamaged, walkPages } from './soundness.js';

/** What a walk through all pages found. `not_read`: nothing is known. */
export type WalkReport =
  | { readonly kind: 'sound' }
  | { readonly kind: 'damaged' | 'not_read'; readonly reason: string };

/** Rests after each few pages for as long as they took: half of a core and of the disk is left to those who lease. */
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
