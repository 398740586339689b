import { setTimeout as delay } from 'node:timers/promises';
import { type Client, readLease } from './client.js';
import { exactly, type Finding } from './finding.js';
import type { Ledger } from './ledger.js';
import { PoolWorker } from './pool_worker.js';
import { monotonicMs } from './statistics.js';

/** The number of sessions: fewer than workers, so that a wrongly freed one is leased to another worker at once. */
export const SESSIONS = 30;

const TTL_SECONDS = 5;

/** A session whose lease expired after a heartbeat cools down for as long again; then the reaper must run. */
const ALL_FREE_WITHIN_MS = (2 * TTL_SECONDS + 5) * 1000;

/** A client of the service, or of one of its replicas. */
export type Asker = Pick<Client, 'ask'>;

/** Runs workers that lease, use and release sessions until `enough` returns true. */
export function startWorkers(
  count: number,
  client: Asker,
  ledger: Ledger,
  enough: () => boolean,
): Promise<void>[] {
  return Array.from({ length: count }, (_, number) => {
    const [repeats, slow, older] = [number % 2 === 0, number % 5 === 0, number % 10 === 3];
    const worker = new PoolWorker({ number, client, ledger, ttlSeconds: TTL_SECONDS, repeats, slow, older });
    return worker.work(enough);
  });
}

/** The findings of the ledger; the first few errors are printed. */
export function judge(ledger: Ledger): Finding[] {
  const overlaps = ledger.overlaps();
  for (const overlap of overlaps.slice(0, 5))
    process.stdout.write(`leased twice at once: ${JSON.stringify(overlap)}\n`);
  for (const lost of ledger.lostEarly.slice(0, 5)) process.stdout.write(`lost early: ${lost}\n`);
  return [
    exactly('sessions leased to two workers at once', overlaps.length, 0),
    exactly('lease ids given to two workers', ledger.sharedIds, 0),
    exactly('leases lost before their time', ledger.lostEarly.length, 0),
  ];
}

/** Checks that every session is free again once all leases must have ended. */
export async function judgeReturn(client: Asker): Promise<Finding[]> {
  const stuck = await notFree(client);
  const unleasable = SESSIONS - (await leaseEach(client));
  return [
    exactly('sessions not free at the end', stuck, 0),
    exactly("free sessions that can't be leased", unleasable, 0),
  ];
}

/** How many sessions are not free although every lease must have ended. */
async function notFree(client: Asker): Promise<number> {
  for (const until = monotonicMs() + ALL_FREE_WITHIN_MS; ; ) {
    const { body } = await client.ask('GET', '/status');
    const { free } = JSON.parse(body) as { free: number };
    if (free === SESSIONS || monotonicMs() > until) return SESSIONS - free;
    await delay(200);
  }
}

/** Leases all sessions; returns how many different ones there were. */
async function leaseEach(client: Asker): Promise<number> {
  const seen = new Set<number>();
  for (let more = 0; more < SESSIONS; more += 1) {
    const { status, body } = await client.ask('GET', '/session');
    if (status !== 200) break;
    seen.add(readLease(body).session_id);
  }
  return seen.size;
}
