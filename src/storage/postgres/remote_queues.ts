import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { RemoteQueues, WaitingRequest } from '../../cluster/cluster.js';
import { byNeeds, type WaitingFor } from '../../cluster/waiting.js';
import type { Channel } from './channel.js';

/** How many requests of each kind are announced: more than sessions become free at the same moment. */
const MAX_OF_A_KIND = 32;

/** How many kinds are announced: those with the oldest first request. */
const MAX_KINDS = 40;

/** A replica's queue as it is told: `pid` is the server's process that it listens by. */
interface ToldQueue {
  readonly pid: number;
  readonly length: number;
  /** The arrival times of a kind's requests, oldest first. */
  readonly kinds: Readonly<Record<string, readonly number[]>>;
  /** What its requests wait for; a replica of an earlier version does not say it. */
  readonly waiting?: readonly WaitingFor[];
}

/** What the queues need of the database and of the pool's signals. */
export interface RemoteQueuesParts {
  readonly channel: Channel;
  /** Which of these server processes exist. */
  readonly living: (pids: readonly number[]) => Promise<readonly number[]>;
  /** Called when a request waits elsewhere. */
  readonly onWaiting: () => void;
}

/**
 * The queues of all replicas: each tells the others of its own whenever it changes, and forgets those of a
 * replica whose connection is gone.
 */
export class PostgresQueues implements RemoteQueues {
  readonly #parts: RemoteQueuesParts;
  readonly #queues = new Map<string, ToldQueue>();
  readonly #kinds = new LRUCache<string, string>({ max: 2_000 });
  readonly #left: ((count: number) => void)[] = [];
  #own: () => readonly WaitingRequest[] = () => [];

  constructor(parts: RemoteQueuesParts) {
    this.#parts = parts;
    const { channel } = parts;
    channel.on('queue', (body, from) => this.#heard(body as ToldQueue, from));
    channel.on('who waits', () => this.#tellOwn());
    channel.onReconnected(() => this.ask());
  }

  /** Announces this queue, and asks the others for theirs. */
  ask(): void {
    this.#queues.clear();
    this.#parts.channel.send('who waits', null);
    this.#tellOwn();
  }

  get length(): number {
    let all = 0;
    for (const { length } of this.#queues.values()) all += length;
    return all;
  }

  get waiting(): readonly WaitingFor[] {
    const each = [...this.#queues.values()];
    return byNeeds(each.flatMap(({ length, waiting }) => waiting ?? [{ needs: [], count: length }]));
  }

  ahead(wants: string, arrivedAt: number): number {
    if (this.#queues.size === 0) return 0;
    const kind = this.#kindOf(wants);
    let before = 0;
    for (const [name, { kinds }] of this.#queues) {
      // At the same instant, the order of names decides: the same at every replica.
      const latest = name < this.#parts.channel.name ? arrivedAt : arrivedAt - 1;
      for (const other of kinds[kind] ?? []) if (other <= latest) before += 1;
    }
    return before;
  }

  announce(waiting: () => readonly WaitingRequest[]): void {
    this.#own = waiting;
    this.#tellOwn();
  }

  onLeft(listener: (count: number) => void): void {
    this.#left.push(listener);
  }

  async forgetLost(): Promise<boolean> {
    const asked = [...this.#queues];
    const living = new Set(await this.#parts.living(asked.map(([, { pid }]) => pid)));
    const lost = asked.filter(([name, queue]) => !living.has(queue.pid) && this.#queues.get(name) === queue);
    for (const [name] of lost) this.#queues.delete(name);
    return lost.length > 0;
  }

  #tellOwn(): void {
    const { channel } = this.#parts;
    channel.sendLatest('queue', () => this.#announcement(this.#own(), channel.pid ?? 0));
  }

  #announcement(waiting: readonly WaitingRequest[], pid: number): ToldQueue {
    const kinds: Record<string, number[]> = {};
    let known = 0;
    for (const { wants, arrivedAt, isSteppingAside } of waiting) {
      if (isSteppingAside) continue;
      const kind = this.#kindOf(wants);
      if (kinds[kind] === undefined && known < MAX_KINDS) {
        kinds[kind] = [];
        known += 1;
      }
      const arrivals = kinds[kind];
      if (arrivals && arrivals.length < Math.ceil(MAX_OF_A_KIND / known)) arrivals.push(arrivedAt);
    }
    const needed = byNeeds(waiting.map(({ needs }) => ({ needs, count: 1 })));
    return { pid, length: waiting.length, kinds, waiting: needed };
  }

  #heard(queue: ToldQueue, from: string): void {
    const before = this.#queues.get(from);
    if (queue.length > 0) this.#queues.set(from, queue);
    else this.#queues.delete(from);
    if (queue.length > 0) this.#parts.onWaiting();
    const left = before ? countLeft(before, queue) : 0;
    if (left > 0) for (const listener of this.#left) listener(left);
  }

  /** A short name that is the same at every replica. */
  #kindOf(wants: string): string {
    const known = this.#kinds.get(wants);
    if (known !== undefined) return known;
    const kind = createHash('sha256').update(wants).digest('base64url').slice(0, 8);
    this.#kinds.set(wants, kind);
    return kind;
  }
}

/** How many of those told of before are not in the queue any more. */
function countLeft(before: ToldQueue, after: ToldQueue): number {
  let left = 0;
  for (const [kind, arrivals] of Object.entries(before.kinds)) {
    const still = new Set(after.kinds[kind]);
    left += arrivals.filter((arrivedAt) => !still.has(arrivedAt)).length;
  }
  return left;
}
