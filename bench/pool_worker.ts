import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Client, readLease } from './client.js';
import type { Holding, Ledger } from './ledger.js';
import { monotonicMs } from './statistics.js';

/** How a worker treats one lease. */
interface Conduct {
  readonly ttlSeconds: number;
  readonly waitSeconds: number;
  readonly heartbeats: boolean;
  /** Never released: the lease expires. */
  readonly abandons: boolean;
  readonly holdMs: number;
}

export interface PoolWorkerParts {
  readonly number: number;
  readonly client: Pick<Client, 'ask'>;
  readonly ledger: Ledger;
  /** The maximum ttl of a lease, in seconds. */
  readonly ttlSeconds: number;
  /** Whether a request is repeated with the same `Idempotency-Key` if its answer was lost. */
  readonly repeats: boolean;
  /** Whether it holds its leases for several seconds. */
  readonly slow: boolean;
  /** Whether it sends no lease ids: it releases without one, sometimes late, and always twice. */
  readonly older: boolean;
}

const PAUSE_MS = 15;
const MAX_HOLD_MS = 30;

/** Long enough to hold a lease while the server is killed and restarted. */
const MAX_SLOW_HOLD_MS = 3500;

/** How often an older worker releases a lease only after it has expired. */
const LATE = 0.05;

/** How often it repeats the release when the session may already be leased to another worker. */
const AGAIN_LATE = 0.3;

/** The maximum delay after the expiry, in milliseconds. */
const LATEST_MS = 1000;

/** One of many workers that lease, work briefly and release while the server comes and goes. */
export class PoolWorker {
  readonly #parts: PoolWorkerParts;
  /** Each worker has its own address. */
  readonly #address: string;
  #key = 0;

  constructor(parts: PoolWorkerParts) {
    this.#parts = parts;
    this.#address = `127.0.1.${1 + (parts.number % 250)}`;
  }

  /** Works until `enough` returns true. */
  async work(enough: () => boolean): Promise<void> {
    while (!enough()) {
      const conduct = chooseConduct(this.#parts);
      const holding = await this.#lease(conduct);
      if (!holding) await delay(PAUSE_MS);
      else await this.#use(holding, conduct);
    }
  }

  async #lease({ ttlSeconds, waitSeconds }: Conduct): Promise<Holding | null> {
    const { number, client, ledger, repeats } = this.#parts;
    const headers: Record<string, string> = {};
    this.#key += 1;
    if (repeats) headers['Idempotency-Key'] = `worker-${number}-lease-${this.#key}`;
    const firstSentAt = monotonicMs();
    const path = `/session?ttl=${ttlSeconds}&wait=${waitSeconds}`;
    const ask = () => client.ask('GET', path, headers, this.#address);
    const answer = repeats
      ? await untilAnswered(ask, firstSentAt + ttlSeconds * 1000)
      : await ask().catch(() => null);
    if (answer?.status !== 200) return expected(answer, [409, 503]);
    const { session_id, lease_id } = readLease(answer.body);
    return ledger.open({
      worker: number,
      sessionId: session_id,
      leaseId: lease_id,
      from: answer.answeredAt,
      // The server may have granted it on the first request.
      until: firstSentAt + ttlSeconds * 1000,
    });
  }

  async #use(holding: Holding, conduct: Conduct): Promise<void> {
    await delay(conduct.holdMs);
    if (conduct.heartbeats && monotonicMs() < holding.until) {
      if (!(await this.#renew(holding, conduct.ttlSeconds))) return;
      await delay(conduct.holdMs);
    }
    if (conduct.abandons) return;
    if (this.#parts.older) await this.#releaseAsOlderWorkersDo(holding);
    else await this.#release(holding);
  }

  /** Releases without a lease id: sometimes late, and then repeated. If refused, waits until the lease has expired. */
  async #releaseAsOlderWorkersDo(holding: Holding): Promise<void> {
    const leasedUntil = holding.until;
    let refused = false;
    if (Math.random() < LATE)
      await delay(Math.max(0, holding.until - monotonicMs()) + Math.random() * LATEST_MS);
    holding.until = Math.min(holding.until, monotonicMs());
    for (let times = 0; times < 2; times += 1) {
      const path = `/release?session_id=${holding.sessionId}`;
      const answer = await this.#parts.client.ask('POST', path, {}, this.#address).catch(() => null);
      expected(answer, [200, 409, 503]);
      if (times === 0) refused = answer?.status === 409;
      await delay(Math.random() * (Math.random() < AGAIN_LATE ? LATEST_MS : MAX_HOLD_MS));
    }
    if (refused) await delay(Math.max(0, leasedUntil - monotonicMs()));
  }

  /** Whether the lease is still held, as far as the worker knows. */
  async #renew(holding: Holding, ttlSeconds: number): Promise<boolean> {
    const { client } = this.#parts;
    const path = `/heartbeat?session_id=${holding.sessionId}&lease_id=${holding.leaseId}`;
    const answer = await client.ask('POST', path).catch(() => null);
    if (answer?.status === 200) holding.until = answer.sentAt + ttlSeconds * 1000;
    else if (answer) this.#noteLost(holding, answer);
    return answer?.status !== 409;
  }

  async #release(holding: Holding): Promise<void> {
    const { client } = this.#parts;
    const leasedUntil = holding.until;
    const path = `/release?session_id=${holding.sessionId}&lease_id=${holding.leaseId}`;
    holding.until = Math.min(holding.until, monotonicMs());
    const first = await client.ask('POST', path).catch(() => null);
    if (first) return this.#noteLost({ ...holding, until: leasedUntil }, first);
    expected(await untilAnswered(() => client.ask('POST', path), leasedUntil), [200, 409, 503]);
  }

  #noteLost(holding: Holding, answer: Answer): void {
    expected(answer, [200, 409, 503]);
    if (answer.status !== 409 || answer.answeredAt >= holding.until) return;
    this.#parts.ledger.lostEarly.push(`${holding.sessionId}: ${answer.body}`);
  }
}

function chooseConduct({ ttlSeconds, slow, older }: PoolWorkerParts): Conduct {
  const chance = Math.random();
  const abandons = chance < 0.01;
  return {
    ttlSeconds: abandons ? Math.ceil(Math.random() * ttlSeconds) : ttlSeconds,
    abandons,
    heartbeats: !older && (chance < 0.002 || chance > 0.93),
    waitSeconds: Math.random() < 0.8 ? 0 : 2,
    holdMs: Math.random() * (slow ? MAX_SLOW_HOLD_MS : MAX_HOLD_MS),
  };
}

/** Repeats a lost request until an answer comes or it is too late. */
async function untilAnswered(ask: () => Promise<Answer>, until: number): Promise<Answer | null> {
  while (monotonicMs() < until) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
    await delay(PAUSE_MS);
  }
  return null;
}

/** Rejects an answer that the contract does not allow. */
function expected(answer: Answer | null, statuses: readonly number[]): null {
  if (answer && answer.status !== 200 && !statuses.includes(answer.status)) {
    throw new Error(`answered ${answer.status}: ${answer.body}`);
  }
  return null;
}
