import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from './benchmark.js';
import type { Client, LeaseAnswer } from './client.js';
import { below, exactly, noted } from './finding.js';
import { findPostgres } from './postgres_programs.js';
import { AnyReplica, ReplicaSet } from './replica_set.js';
import { percentile } from './statistics.js';

const REPLICAS = 3;
const SESSIONS = 5;
const WAITERS = 500;
const ROUNDS = 3;

/** Between one arrival and the next, in milliseconds. */
const GAP_MS = 10;

/** A request that came later by more than this must not be served first, in milliseconds. */
const OUT_OF_TURN_MS = 100;

/** How long a session is used before it is released, in milliseconds. */
const MAX_USE_MS = 20;

/** A served request: when it was sent and answered, and the release that served it. */
interface Served {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly releasedAt: number;
  readonly releaseSentAt: number;
}

/** Hundreds of requests wait at several replicas for a few sessions: one queue, first come, first served. */
export const queue: Benchmark = {
  name: 'queue',
  minutes: () => 6,
  async run(open) {
    const programs = findPostgres();
    if (!programs) return [];
    const set = await ReplicaSet.start(await open(), programs, { replicas: REPLICAS, sessions: SESSIONS });
    const served: Served[] = [];
    let outOfTurn = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const ofRound = await new Round(set).run();
      served.push(...ofRound);
      outOfTurn += overtaken(ofRound);
    }
    await set.stop();
    const handOvers = served.map(({ answeredAt, releasedAt }) => Math.max(0, answeredAt - releasedAt));
    const fromSending = served.map(({ answeredAt, releaseSentAt }) => answeredAt - releaseSentAt);
    const p = (sample: readonly number[], share: number) => ({
      value: percentile(sample, share),
      unit: 'ms',
    });
    const handOver = "from a release's answer to the next one's lease";
    return [
      exactly(
        `grants in ${ROUNDS} queues of ${WAITERS} for ${SESSIONS} sessions`,
        served.length,
        WAITERS * ROUNDS,
      ),
      exactly(`served after a request that came more than ${OUT_OF_TURN_MS} ms later`, outOfTurn, 0),
      noted(`${handOver}, p50`, p(handOvers, 0.5)),
      below(`${handOver}, p99`, p(handOvers, 0.99), 50),
      noted("from a release's sending to the next one's lease, p50", p(fromSending, 0.5)),
      noted("from a release's sending to the next one's lease, p99", p(fromSending, 0.99)),
    ];
  },
};

/** A queue that forms while every session is leased, and is then served completely. */
class Round {
  readonly #waiting: readonly Client[];
  readonly #releasing: AnyReplica;
  readonly #releases = new Map<number, { readonly sentAt: number; readonly answeredAt: Promise<number> }>();

  constructor(set: ReplicaSet) {
    this.#waiting = set.clients(Math.ceil(WAITERS / REPLICAS));
    this.#releasing = new AnyReplica(set.clients(SESSIONS));
  }

  async run(): Promise<Served[]> {
    const held: LeaseAnswer[] = [];
    while (held.length < SESSIONS) held.push(await this.#releasing.any.lease());
    const asking: Promise<Served>[] = [];
    for (let waiter = 0; waiter < WAITERS; waiter += 1) {
      const client = this.#waiting[waiter % REPLICAS];
      if (client) asking.push(this.#ask(client));
      await delay(GAP_MS);
    }
    await delay(1000);
    for (const lease of held) this.#release(lease);
    const settled = await Promise.allSettled(asking);
    for (const result of settled) {
      if (result.status === 'rejected') process.stdout.write(`not served: ${result.reason}\n`);
    }
    await Promise.all([...this.#releases.values()].map(({ answeredAt }) => answeredAt));
    this.#releasing.close();
    for (const client of this.#waiting) client.close();
    return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  /** Waits for a session, uses it for a moment and releases it. */
  async #ask(client: Client): Promise<Served> {
    const { sentAt: askedAt, answeredAt, ...lease } = await client.lease('?wait=60');
    const release = this.#releases.get(lease.session_id);
    if (!release) throw new Error(`session ${lease.session_id} was leased while it was held`);
    await delay(Math.random() * MAX_USE_MS);
    this.#release(lease);
    return { askedAt, answeredAt, releaseSentAt: release.sentAt, releasedAt: await release.answeredAt };
  }

  #release(lease: LeaseAnswer): void {
    const answer = this.#releasing.any.release(lease);
    const answeredAt = answer.then((answered) => answered.answeredAt);
    this.#releases.set(lease.session_id, { sentAt: performance.now(), answeredAt });
  }
}

/** How many were served after a request that came later, by more than is allowed. */
function overtaken(served: readonly Served[]): number {
  let latest = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const { askedAt } of [...served].sort((one, other) => one.answeredAt - other.answeredAt)) {
    if (latest > askedAt + OUT_OF_TURN_MS) count += 1;
    latest = Math.max(latest, askedAt);
  }
  return count;
}
