import type { QueryConfig } from 'pg';
import { KeyedMutex } from '../../kernel/keyed_mutex.js';
import type { AcquireOutcome, AcquireRequest, PoolCounts, ResolveShortage } from '../../pool/store.js';
import { chooseForChannels, reserveResolves } from '../repositories/channel_affinity.js';
import { exists, overCap, remember, repeated } from './acquire_checks.js';
import {
  acquireStatement,
  grantStatement,
  kindOf,
  type LeasedRow,
  type Searching,
} from './acquire_statement.js';
import type { Deadlines } from './deadlines.js';
import type { CommitEffects } from './signals.js';
import type { PostgresUnitOfWork, PostgresUnitsOfWork } from './unit_of_work.js';

/** The maximum number of requests per statement, so that none waits long for the others. */
const MAX_AT_ONCE = 32;

/** A request, and whether only frozen sessions are searched. */
type Attempt = AcquireRequest & { readonly onlyFrozen?: boolean };

/** A pending request. */
interface Asked {
  readonly request: Attempt;
  readonly now: number;
}

/** Grants leases. */
export class Acquisition {
  readonly #units: PostgresUnitsOfWork;
  readonly #deadlines: Deadlines;
  readonly #mutex = new KeyedMutex();
  readonly #batches: Batches<Asked, LeasedRow | null>;
  /** The last session that a request for the next one got here. */
  #last = 0;

  /** `lanes`: the maximum number of concurrent statements of one kind. */
  constructor(units: PostgresUnitsOfWork, deadlines: Deadlines, lanes: number) {
    this.#units = units;
    this.#deadlines = deadlines;
    const carryOut = (asked: readonly Asked[]) => this.#together(asked);
    this.#batches = new Batches({ lanes, take: powerOfTwo, carryOut });
  }

  /** As `PoolStore.acquire`. `tally`: the counts to return if there is no session. */
  async acquire(
    request: AcquireRequest,
    now: number,
    tally: () => Promise<PoolCounts>,
  ): Promise<AcquireOutcome> {
    await this.#deadlines.applyExpired(now);
    // Here they wait without a connection each; the locks order those of other replicas.
    const outcome = await this.#mutex.run(mutexKey(request), () => this.#freeThenFrozen(request, now));
    if (outcome === null) return { kind: 'none', counts: await tally() };
    if (outcome.kind !== 'short') return outcome;
    return { kind: 'none', counts: await tally(), shortage: outcome.shortage };
  }

  async #freeThenFrozen(request: AcquireRequest, now: number): Promise<Found> {
    if (request.channels) return this.#withoutExpired(request, now, () => this.#forChannels(request, now));
    const isNamed = request.sessionId !== null || request.sessionName !== null;
    const free = await this.#attempt(request, now);
    if (free !== null || isNamed || request.allowFrozen !== true || request.onlyRepeat) return free;
    return this.#attempt({ ...request, onlyFrozen: true }, now);
  }

  async #attempt(request: Attempt, now: number): Promise<Found> {
    const plain = request.idempotencyKey === null && request.maxLeases === null;
    if (plain) {
      const row = await this.#batches.add(wantsOf(request), { request, now });
      if (row) return granted(row, request);
    }
    let tried = plain;
    return this.#withoutExpired(request, now, () => {
      const outcome = this.#carefully(request, now, tried);
      tried = false;
      return outcome;
    });
  }

  /** An expired lease that has not been swept may block the request; another replica may have granted it. */
  async #withoutExpired(request: AcquireRequest, now: number, attempt: () => Promise<Found>): Promise<Found> {
    let outcome = await attempt();
    while (!request.onlyRepeat && isInTheWay(outcome) && (await this.#deadlines.applyUnknown(now))) {
      outcome = await attempt();
    }
    return outcome;
  }

  /** In one transaction of several statements; `tried`: none is free right now. Null: there is no session. */
  #carefully(request: Attempt, now: number, tried: boolean): Promise<Found> {
    return this.#units.run(async (unit) => {
      const before = await repeated(unit, request, now);
      if (before || request.onlyRepeat) return before;
      if (!(await exists(unit, request))) return { kind: 'unknown_session' };
      const full = await overCap(unit, request);
      if (full) return full;
      const row =
        (tried ? undefined : await first(unit, acquireStatement([request], now, this.#searching(false)))) ??
        (await first(unit, acquireStatement([request], now, this.#searching(true))));
      if (!row) return null;
      this.#given([row], request);
      return this.#granted(unit, row, request, now);
    });
  }

  /** As `#carefully`, for a request with channels: the store's shared rules choose among the free sessions. */
  #forChannels(request: AcquireRequest, now: number): Promise<Found> {
    return this.#units.run(async (unit) => {
      const before = await repeated(unit, request, now);
      if (before || request.onlyRepeat) return before;
      if (!(await exists(unit, request))) return { kind: 'unknown_session' };
      const full = await overCap(unit, request);
      if (full) return full;
      const free = await chooseForChannels(unit, request, 'skip locked', now);
      const choice = free.kind === 'chosen' ? free : await chooseForChannels(unit, request, 'update', now);
      if (choice.kind === 'short') return choice;
      const row = choice.kind === 'chosen' && (await first(unit, grantStatement(request, choice.id, now)));
      if (choice.kind === 'none' || !row) return null;
      await reserveResolves(unit, choice, request, now);
      return { ...(await this.#granted(unit, row, request, now)), toResolve: choice.unknown.length };
    });
  }

  async #granted(unit: PostgresUnitOfWork, row: LeasedRow, request: AcquireRequest, now: number) {
    await remember(unit.db, request, row.id, now);
    unit.tell(newsOf([row], [{ request, now }], now));
    return granted(row, request);
  }

  /** One statement for requests with the same conditions: the row for each of them. */
  async #together(asked: readonly Asked[]): Promise<(LeasedRow | null)[]> {
    const [first, ...others] = asked.map(({ request }) => request);
    if (!first) return [];
    // The time at which the last of them arrived.
    const now = Math.max(...asked.map((one) => one.now));
    const query = acquireStatement([first, ...others], now, this.#searching(false));
    const rows = await this.#units.statement<LeasedRow>(query, (granted) => newsOf(granted, asked, now));
    this.#given(rows, first);
    const found: (LeasedRow | null)[] = asked.map(() => null);
    for (const row of rows) found[row.place - 1] = row;
    return found;
  }

  #searching(patient: boolean): Searching {
    return { patient, after: this.#last };
  }

  #given(rows: readonly LeasedRow[], { strategy }: AcquireRequest): void {
    const last = [...rows].sort((a, b) => a.place - b.place).at(-1);
    if (strategy === 'round_robin' && last) this.#last = last.id;
  }
}

/** Null: there was no session; `short`: none that may resolve the channels. */
type Found = AcquireOutcome | { readonly kind: 'short'; readonly shortage: ResolveShortage } | null;

function isInTheWay(outcome: Found): boolean {
  return outcome === null || outcome.kind === 'max_leases' || outcome.kind === 'short';
}

/** There is one statement per size, so few sizes are used. */
function powerOfTwo(waiting: number): number {
  return 2 ** Math.floor(Math.log2(Math.min(waiting, MAX_AT_ONCE)));
}

/** The properties shared by requests in one statement. */
function wantsOf(request: Attempt): string {
  const { tags, sessionId, sessionName, method } = request;
  return JSON.stringify([kindOf(request), tags, sessionId, sessionName, method]);
}

/** Calls with this name must not run concurrently. */
function mutexKey({ holder, maxLeases, idempotencyKey }: AcquireRequest): string | null {
  if (maxLeases !== null) return JSON.stringify([holder]);
  return idempotencyKey === null ? null : JSON.stringify([holder, idempotencyKey]);
}

async function first(unit: PostgresUnitOfWork, query: QueryConfig): Promise<LeasedRow | undefined> {
  return (await unit.client.query<LeasedRow>(query)).rows[0];
}

function newsOf(rows: readonly LeasedRow[], asked: readonly Asked[], now: number): CommitEffects {
  const detail = asked[0]?.request.method ?? null;
  const notices = rows.map(({ id, name }) => {
    return { sessionId: id, sessionName: name, at: now, event: 'leased', detail };
  });
  return { freed: 0, notices, deadline: Math.min(...rows.map(({ expiresAt }) => expiresAt)) };
}

function granted(row: LeasedRow, { leaseId }: AcquireRequest) {
  const { id: sessionId, name: sessionName, place: _, ...said } = row;
  const lease = { ...said, leaseId, sessionId, sessionName };
  return { kind: 'granted' as const, lease, repeated: false };
}

/** How calls are gathered. */
export interface BatchesParts<Item, Result> {
  /** The maximum number of concurrent batches per key; the more calls arrive meanwhile, the larger the next batches. */
  readonly lanes: number;
  /** How many of the waiting calls the next batch takes. */
  take(waiting: number): number;
  /** Executes a batch: returns the results in the order of the items. */
  carryOut(items: readonly Item[]): Promise<readonly Result[]>;
}

interface Pending<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Lanes<Item, Result> {
  busy: number;
  readonly waiting: Pending<Item, Result>[];
}

/**
 * Lets calls of one kind share a statement: immediately while there are few, batched while there are many. If a batch
 * fails, all of its calls do.
 */
export class Batches<Item, Result> {
  readonly #parts: BatchesParts<Item, Result>;
  /** Keys with pending calls. */
  readonly #lanes = new Map<string, Lanes<Item, Result>>();

  constructor(parts: BatchesParts<Item, Result>) {
    this.#parts = parts;
  }

  /** Adds a call to those of its key. */
  add(key: string, item: Item): Promise<Result> {
    const lanes = this.#lanes.get(key) ?? { busy: 0, waiting: [] };
    this.#lanes.set(key, lanes);
    return new Promise((resolve, reject) => {
      lanes.waiting.push({ item, resolve, reject });
      this.#next(key, lanes);
    });
  }

  #next(key: string, lanes: Lanes<Item, Result>): void {
    while (lanes.busy < this.#parts.lanes && lanes.waiting.length > 0) {
      lanes.busy += 1;
      void this.#carryOut(lanes.waiting.splice(0, this.#parts.take(lanes.waiting.length))).then(() => {
        lanes.busy -= 1;
        this.#next(key, lanes);
      });
    }
    if (lanes.busy === 0) this.#lanes.delete(key);
  }

  async #carryOut(batch: readonly Pending<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#parts.carryOut(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
