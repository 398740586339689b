import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from './benchmark.js';
import { Client, type LeaseAnswer } from './client.js';
import { below, exactly, noted } from './finding.js';
import { processorSeconds } from './process_stats.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';
import { median, monotonicMs, percentile } from './statistics.js';

const WAITERS = 1000;
const SESSIONS = 10;

/** The time between arrivals, so that the server sees them in this order, in milliseconds. */
const GAP_MS = 3;
const IDLE_SECONDS = 10;

/** A process compiles and collects garbage for half a minute after its start, whether anybody waits or not. */
const SETTLE_SECONDS = 30;

/** The answer to a waiting request, and when it arrived. */
interface Grant {
  readonly waiter: number;
  readonly lease: LeaseAnswer;
  readonly at: number;
}

/** A thousand waiting requests: first come, first served, without delay, and at no cost until then. */
export const waiting: Benchmark = {
  name: 'waiting',
  minutes: () => 3,
  async run(open) {
    const place = await open();
    writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
    const server = await Server.start(place, { program: 'telegate' });
    const holder = new Client(server.port, SESSIONS);
    const line = new Client(server.port, WAITERS);
    const held: LeaseAnswer[] = [];
    while (held.length < SESSIONS) held.push(await holder.lease());
    const grants: Grant[] = [];
    await joinLine(line, grants);
    await delay(SETTLE_SECONDS * 1000);
    const before = processorSeconds(server.pid);
    await delay(IDLE_SECONDS * 1000);
    const idle = ((processorSeconds(server.pid) - before) / IDLE_SECONDS) * 100;
    const waits = await serveAll(holder, held, grants);
    for (const client of [holder, line]) client.close();
    await server.stop('SIGTERM');
    const outOfTurn = grants.filter(({ waiter }, turn) => waiter !== turn).length;
    return [
      exactly(`grants to ${WAITERS} waiting requests for ${SESSIONS} sessions`, grants.length, WAITERS),
      exactly('grants out of turn', outOfTurn, 0),
      noted('from the answer to a release to the answer to a waiting request, p50', {
        value: median(waits),
        unit: 'ms',
      }),
      below(
        'from the answer to a release to the answer to a waiting request, p99',
        { value: percentile(waits, 0.99), unit: 'ms' },
        20,
      ),
      below(
        `CPU, ${WAITERS} requests waiting and nothing freed for ${IDLE_SECONDS} s`,
        { value: idle, unit: '% of a core' },
        2,
      ),
    ];
  },
};

/** Sends the requests one after the other; each records its grant when it comes. */
async function joinLine(line: Client, grants: Grant[]): Promise<void> {
  for (let waiter = 0; waiter < WAITERS; waiter += 1) {
    line.lease('?wait=60').then(
      ({ session_id, lease_id, answeredAt }) =>
        grants.push({ waiter, lease: { session_id, lease_id }, at: answeredAt }),
      (error: Error) => process.stdout.write(`waiter ${waiter}: ${error.message}\n`),
    );
    await delay(GAP_MS);
  }
}

/** Releases one session at a time, first those held from the start, then those granted: how long each grant took. */
async function serveAll(
  holder: Client,
  held: readonly LeaseAnswer[],
  grants: readonly Grant[],
): Promise<number[]> {
  const waits: number[] = [];
  const until = monotonicMs() + 15_000;
  for (let served = 0; served < WAITERS && monotonicMs() < until; served += 1) {
    const lease = held[served] ?? grants[served - held.length]?.lease;
    if (!lease) break;
    const { answeredAt } = await holder.release(lease);
    while (grants.length <= served && monotonicMs() < until) await delay(1);
    const grant = grants[served];
    if (grant) waits.push(Math.max(0, grant.at - answeredAt));
  }
  return waits;
}
