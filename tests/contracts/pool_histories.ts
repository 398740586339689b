import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Block } from '../../src/pool/store.js';
import { type Client, PoolModel } from './pool_model.js';
import { add, by, type MakeStores, type Stores, T0, wish } from './stores.js';

/** The number of random histories; HISTORIES overrides it. */
// biome-ignore lint/style/noProcessEnv: the environment sets how many.
const HISTORIES = Number(process.env.HISTORIES ?? 30);

const NAMES = ['a', 'b', 'c'];
const DAY = 86_400_000;

const client: fc.Arbitrary<Client> = fc.constantFrom(
  ...['key:1', 'key:2'].flatMap((holder) =>
    ['192.0.2.1', '192.0.2.2'].map((address) => ({ holder, address, admin: false })),
  ),
  { holder: 'key:admin', address: '192.0.2.1', admin: true },
);
const session = fc.nat(NAMES.length - 1);
const seconds = fc.constantFrom(1, 5, 30, 90);
const method = fc.constantFrom(null, null, 'm', 'n');
/** Which of the session's leases a call names: the latest, an earlier one, none. */
const naming = fc.constantFrom('latest', 'earlier', 'none', 'none');
const flood: fc.Arbitrary<Block> = fc.record({ kind: fc.constant('flood'), seconds, method });
const block: fc.Arbitrary<Block> = fc.oneof(
  flood,
  fc.constant({ kind: 'invalidate', reason: null } as const),
  fc.constant({ kind: 'dead', reason: 'x' } as const),
);

type Naming = 'latest' | 'earlier' | 'none';
type Step =
  | {
      readonly do: 'acquire';
      readonly client: Client;
      readonly seconds: number;
      readonly method: string | null;
    }
  | {
      readonly do: 'renew';
      readonly client: Client;
      readonly session: number;
      readonly naming: Naming;
      readonly ttl: number | null;
    }
  | {
      readonly do: 'release';
      readonly client: Client;
      readonly session: number;
      readonly naming: Naming;
      readonly flood: Block | null;
    }
  | {
      readonly do: 'block';
      readonly client: Client;
      readonly session: number;
      readonly naming: Naming;
      readonly block: Block;
    }
  | { readonly do: 'restore'; readonly session: number }
  | { readonly do: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('acquire' as const), client, seconds, method }), weight: 4 },
  fc.record({ do: fc.constant('renew' as const), client, session, naming, ttl: fc.option(seconds) }),
  {
    arbitrary: fc.record({
      ...{ do: fc.constant('release' as const), client, session, naming },
      flood: fc.option(flood, { freq: 4 }),
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ do: fc.constant('block' as const), client, session, naming, block }), weight: 2 },
  fc.record({ do: fc.constant('restore' as const), session }),
  {
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 999, 1000, 5000, 30_000, 60_000),
    }),
    weight: 3,
  },
);

/** One history, over new sessions, from `start` on; resolves to the time it ended. */
class History {
  readonly #stores: Stores;
  readonly #ids: readonly number[];
  readonly #model: PoolModel;
  #leases = 0;
  #now: number;

  constructor(stores: Stores, ids: readonly number[], start: number) {
    this.#stores = stores;
    this.#ids = ids;
    this.#model = new PoolModel(ids);
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  async live(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      await this.#take(one);
      const { pool } = this.#stores;
      const [leases, counts] = await Promise.all([
        pool.leases({ skip: 0, limit: 9 }, this.#now),
        pool.counts(this.#now),
      ]);
      expect(leases.map(({ sessionName: _, ...lease }) => lease)).toEqual(this.#model.leases(this.#now));
      expect(counts).toEqual(this.#model.counts(this.#now));
    }
  }

  async #take(step: Step): Promise<void> {
    const { pool } = this.#stores;
    const [model, now] = [this.#model, this.#now];
    if (step.do === 'wait') this.#now += step.ms;
    else if (step.do === 'acquire') await this.#acquire(step);
    else if (step.do === 'restore') {
      expect(await pool.restore(this.#id(step.session), now)).toEqual(model.restore(step.session, now));
    } else {
      const leaseId = this.#named(step);
      const caller = by({ ...step.client, leaseId });
      const id = this.#id(step.session);
      if (step.do === 'renew') {
        const named = leaseId ?? 'unknown';
        const answer = await pool.renew(id, { ...caller, leaseId: named }, step.ttl, now);
        expect(answer).toEqual(model.renew(step.session, step.client, named, step.ttl, now));
      } else if (step.do === 'release') {
        const flooded = step.flood?.kind === 'flood' ? step.flood : null;
        const answer = await pool.release(id, caller, flooded, now);
        expect(answer).toEqual(model.release(step.session, step.client, leaseId, flooded, now));
      } else {
        const answer = await pool.block(id, caller, step.block, now);
        expect(answer).toEqual(model.block(step.session, step.client, leaseId, step.block, now));
      }
    }
  }

  async #acquire(step: Extract<Step, { do: 'acquire' }>): Promise<void> {
    this.#leases += 1;
    const leaseId = `lease ${this.#leases} of ${this.#ids[0]}`;
    const { client: who, seconds: ttlSeconds, method: wanted } = step;
    const { holder, address } = who;
    const request = wish({ leaseId, holder, address, ttlSeconds, method: wanted });
    const outcome = await this.#stores.pool.acquire(request, this.#now);
    const answer =
      outcome.kind === 'granted'
        ? { kind: outcome.kind, sessionId: outcome.lease.sessionId, expiresAt: outcome.lease.expiresAt }
        : { kind: outcome.kind };
    expect(answer).toEqual(this.#model.acquire(who, leaseId, ttlSeconds, wanted, this.#now));
  }

  #id(index: number): number {
    return this.#ids[index] ?? 0;
  }

  #named({
    session: index,
    naming: which,
  }: {
    readonly session: number;
    readonly naming: Naming;
  }): string | null {
    const [latest, earlier] = this.#model.leaseIds(index);
    if (which === 'none') return null;
    return (which === 'latest' ? latest : earlier) ?? 'unknown';
  }
}

/** Removes everything of a history; resolves to the time it is done. */
async function clear({ pool, intake }: Stores, ids: readonly number[], now: number): Promise<number> {
  const later = now + DAY;
  for (const id of ids) await pool.restore(id, later);
  // The session of a renewed lease that expired cools down from now on.
  await pool.counts(later);
  await pool.counts(later + DAY);
  await intake.apply(
    NAMES.map((name) => ({ kind: 'gone', name })),
    later + DAY,
  );
  return later + DAY;
}

/** For any operations in any order, every answer is that of the model. */
export function randomHistories(make: MakeStores): void {
  it(
    'get the same answers as from the model',
    async () => {
      const stores = await make();
      let now = T0;
      try {
        const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          const byName = await add(stores, ...NAMES);
          const ids = NAMES.map((name) => byName[name] ?? 0);
          const history = new History(stores, ids, now);
          try {
            await history.live(steps);
          } finally {
            now = await clear(stores, ids, history.now);
          }
        });
        await fc.assert(property, { numRuns: HISTORIES });
      } finally {
        await stores.close();
      }
    },
    // Ten thousand take many minutes.
    30_000 + HISTORIES * 3000,
  );
}
