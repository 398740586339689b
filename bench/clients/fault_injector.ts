import { setTimeout as delay } from 'node:timers/promises';
import { startAgain, type Toll } from '../disturbances.js';
import type { Scraper } from '../scraping/scraper.js';
import type { ClientWorker, Side } from './client_worker.js';
import type { RelayMode } from './relay.js';

/** What happens to workers and to the service. */
export const FAULTS = ['kill', 'freeze', 'cut', 'exception', 'restart'] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultParts {
  readonly workers: readonly ClientWorker[];
  readonly scraper: Scraper;
  readonly ttlSeconds: number;
  /** The same seed makes the same faults, though not at the same moments. */
  readonly seed: number;
}

/** What was done. */
export interface Injected {
  readonly counts: ReadonlyMap<Fault, number>;
  /** How many of them met a worker that was connected with a session. */
  readonly atHolders: number;
  readonly toll: Toll;
}

/** Two faults are this far apart on average, in milliseconds. */
const PACE_MS = 500;

/**
 * A connected holder that nothing is being done to is waited for this long, in milliseconds; then another worker will
 * do.
 */
const HOLDER_WITHIN_MS = 2_000;

/** A fault meets the work of a worker after up to so long, in milliseconds. */
const MAX_DELAY_MS = 1_500;

/** The service is up for so long at least before it is killed again, in milliseconds. */
const UP_MS = 2_000;

const SIDES: readonly Side[] = ['service', 'telegram', 'both'];
const MODES: readonly RelayMode[] = ['refusing', 'silent'];

/** Injects faults of each kind equally often, in a random order, each into a random worker, holders first. */
export class FaultInjector {
  readonly #parts: FaultParts;
  readonly #random: () => number;
  readonly #underWay = new Set<Promise<void>>();
  readonly #counts = new Map<Fault, number>(FAULTS.map((fault) => [fault, 0]));
  readonly #toll: Toll = { kills: 0, failedStarts: 0, fell: [] };
  /** Null: the service is up. */
  #restarting: Promise<void> | null = null;
  #atHolders = 0;

  constructor(parts: FaultParts) {
    this.#parts = parts;
    this.#random = randomFrom(parts.seed);
  }

  /** Resolves when all are over: every worker runs and has its network, and the service is up. */
  async inject(count: number, onProgress: (done: number) => void): Promise<Injected> {
    const left = this.#shuffled(count);
    while (left.length > 0) {
      const [fault = 'restart'] = left.splice(this.#next(left), 1);
      await this.#strike(fault);
      this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
      onProgress(count - left.length);
      await delay(PACE_MS * (0.5 + this.#random()));
    }
    await Promise.all([...this.#underWay, this.#restarting]);
    return { counts: this.#counts, atHolders: this.#atHolders, toll: this.#toll };
  }

  /** While the service starts, another kind comes first, unless restarts lag behind the others already. */
  #next(left: readonly Fault[]): number {
    const restarts = left.filter((fault) => fault === 'restart').length;
    const isBehind = restarts * FAULTS.length > left.length;
    return this.#restarting && !isBehind ? left.findIndex((fault) => fault !== 'restart') : 0;
  }

  async #strike(fault: Fault): Promise<void> {
    if (fault === 'restart') {
      await this.#restarting;
      this.#restarting = this.#restart().finally(() => {
        this.#restarting = null;
      });
      this.#restarting.catch(() => undefined);
      return;
    }
    const worker = await this.#victim();
    worker.isTroubled = true;
    worker.lastTrouble = fault;
    const suffering = this.#suffer(worker, fault).finally(() => {
      worker.isTroubled = false;
      this.#underWay.delete(suffering);
    });
    suffering.catch(() => undefined);
    this.#underWay.add(suffering);
  }

  async #suffer(worker: ClientWorker, fault: Exclude<Fault, 'restart'>): Promise<void> {
    const ttlMs = this.#parts.ttlSeconds * 1000;
    await delay(this.#between(0, MAX_DELAY_MS));
    switch (fault) {
      case 'kill':
        await worker.kill();
        worker.start();
        return;
      case 'freeze':
        // Up to beyond the cool-down after a lease that had been renewed just before.
        return worker.freeze(ttlMs * this.#between(1.1, 2.6));
      case 'cut':
        return worker.cut(this.#oneOf(SIDES), this.#oneOf(MODES), ttlMs * this.#between(0.3, 2.2));
      case 'exception':
        return worker.throwException();
    }
  }

  async #restart(): Promise<void> {
    const { server } = this.#parts.scraper;
    await server.stop('SIGKILL');
    this.#toll.kills += 1;
    await startAgain(server, this.#toll);
    await delay(UP_MS);
  }

  async #victim(): Promise<ClientWorker> {
    for (const until = Date.now() + HOLDER_WITHIN_MS; ; await delay(100)) {
      const idle = this.#parts.workers.filter(({ isTroubled }) => !isTroubled);
      const holders = await this.#holders();
      const holding = idle.filter(
        ({ parts, startedAt, isConnected }) => isConnected && (holders.get(parts.name) ?? 0) > startedAt,
      );
      if (holding.length > 0) {
        this.#atHolders += 1;
        return this.#oneOf(holding);
      }
      if (Date.now() > until && idle.length > 0) return this.#oneOf(idle);
    }
  }

  /** Since when workers hold a session, by their names; nobody does while the service is away. */
  async #holders(): Promise<ReadonlyMap<string, number>> {
    const leases = await this.#parts.scraper
      .ask<{ readonly holder_name: string; readonly leased_at: string }[]>('GET', '/leases')
      .catch(() => []);
    return new Map(leases.map(({ holder_name, leased_at }) => [holder_name, Date.parse(leased_at)]));
  }

  #shuffled(count: number): Fault[] {
    const rounds = Array.from({ length: Math.ceil(count / FAULTS.length) }, () => FAULTS).flat();
    const keyed = rounds.slice(0, count).map((fault) => ({ fault, key: this.#random() }));
    return keyed.sort((one, other) => one.key - other.key).map(({ fault }) => fault);
  }

  #between(least: number, most: number): number {
    return least + this.#random() * (most - least);
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }
}

/** Numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
