import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { OtherLines, Waiting } from '../../pool/other_lines.js';
import type { Channel } from './channel.js';

/** Of each kind so many are told of: more than sessions become free at one moment. */
const MAX_OF_A_KIND = 32;

/** Kinds that are told of: those whose first came first. */
const MAX_KINDS = 40;

/** A replica's line as it is told: `pid` is the server's process that it listens by. */
interface Line {
  readonly pid: number;
  readonly length: number;
  /** When those of a kind came, first come first. */
  readonly kinds: Readonly<Record<string, readonly number[]>>;
}

/** What the lines need of the database and of the pool's news. */
export interface LinesParts {
  readonly channel: Channel;
  /** Those of the server's processes that are there. */
  readonly living: (pids: readonly number[]) => Promise<readonly number[]>;
  /** Called when somebody waits elsewhere. */
  readonly onWaiting: () => void;
}

/**
 * The lines of all replicas: each tells the others of its own whenever it changes, and forgets those of a
 * replica whose connection is gone.
 */
export class RemoteQueues implements OtherLines {
  readonly #parts: LinesParts;
  readonly #lines = new Map<string, Line>();
  readonly #kinds = new LRUCache<string, string>({ max: 2_000 });
  readonly #left: ((count: number) => void)[] = [];
  #own: () => readonly Waiting[] = () => [];

  constructor(parts: LinesParts) {
    this.#parts = parts;
    const { channel } = parts;
    channel.on('line', (body, from) => this.#heard(body as Line, from));
    channel.on('who waits', () => this.#tellOwn());
    channel.onReconnected(() => this.ask());
  }

  /** Tells who waits here, and asks who waits elsewhere. */
  ask(): void {
    this.#lines.clear();
    this.#parts.channel.send('who waits', null);
    this.#tellOwn();
  }

  get length(): number {
    let all = 0;
    for (const { length } of this.#lines.values()) all += length;
    return all;
  }

  ahead(wants: string, arrivedAt: number): number {
    if (this.#lines.size === 0) return 0;
    const kind = this.#kindOf(wants);
    let before = 0;
    for (const [name, { kinds }] of this.#lines) {
      // At one instant, the order of the names decides: the same at every replica.
      const latest = name < this.#parts.channel.name ? arrivedAt : arrivedAt - 1;
      for (const other of kinds[kind] ?? []) if (other <= latest) before += 1;
    }
    return before;
  }

  announce(places: () => readonly Waiting[]): void {
    this.#own = places;
    this.#tellOwn();
  }

  onLeft(listener: (count: number) => void): void {
    this.#left.push(listener);
  }

  async forgetLost(): Promise<boolean> {
    const asked = [...this.#lines];
    const living = new Set(await this.#parts.living(asked.map(([, { pid }]) => pid)));
    const lost = asked.filter(([name, line]) => !living.has(line.pid) && this.#lines.get(name) === line);
    for (const [name] of lost) this.#lines.delete(name);
    return lost.length > 0;
  }

  #tellOwn(): void {
    const { channel } = this.#parts;
    channel.sendLatest('line', () => this.#lineOf(this.#own(), channel.pid ?? 0));
  }

  #lineOf(places: readonly Waiting[], pid: number): Line {
    const kinds: Record<string, number[]> = {};
    let known = 0;
    for (const { wants, arrivedAt } of places) {
      const kind = this.#kindOf(wants);
      if (kinds[kind] === undefined && known < MAX_KINDS) {
        kinds[kind] = [];
        known += 1;
      }
      const arrivals = kinds[kind];
      if (arrivals && arrivals.length < Math.ceil(MAX_OF_A_KIND / known)) arrivals.push(arrivedAt);
    }
    return { pid, length: places.length, kinds };
  }

  #heard(line: Line, from: string): void {
    const before = this.#lines.get(from);
    if (line.length > 0) this.#lines.set(from, line);
    else this.#lines.delete(from);
    if (line.length > 0) this.#parts.onWaiting();
    const left = before ? countLeft(before, line) : 0;
    if (left > 0) for (const listener of this.#left) listener(left);
  }

  /** A short name that every replica gives it. */
  #kindOf(wants: string): string {
    const known = this.#kinds.get(wants);
    if (known !== undefined) return known;
    const kind = createHash('sha256').update(wants).digest('base64url').slice(0, 8);
    this.#kinds.set(wants, kind);
    return kind;
  }
}

/** How many of those told of before are not in the line any more. */
function countLeft(before: Line, after: Line): number {
  let left = 0;
  for (const [kind, arrivals] of Object.entries(before.kinds)) {
    const still = new Set(after.kinds[kind]);
    left += arrivals.filter((arrivedAt) => !still.has(arrivedAt)).length;
  }
  return left;
}
