import { describe, expect, it } from '@jest/globals';
import type { RemoteQueues } from '../../src/cluster/cluster.js';
import { NO_REMOTE_QUEUES } from '../../src/cluster/single_node.js';
import { MAY_RESOLVE } from '../../src/cluster/waiting.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { AcquireQueue, type Joining } from '../../src/pool/acquire_queue.js';
import type { AcquireOutcome, AcquireRequest } from '../../src/pool/store.js';
import { add, by, type MakeStores, type Stores, T0, tally, usingStores, wish } from '../contracts/stores.js';
import { ManualTime, until } from '../service/manual_time.js';
import { makeSqliteStores } from '../storage/databases.js';

const using = usingStores(makeSqliteStores satisfies MakeStores);

/** A queue before a pool; `granting` runs between a grant and its arrival at the queue. */
function queueBefore(
  { pool }: Stores,
  granting: () => void = () => undefined,
  remote: RemoteQueues = NO_REMOTE_QUEUES,
) {
  const time = new ManualTime();
  const acquire = async (request: AcquireRequest): Promise<AcquireOutcome> => {
    const outcome = await pool.acquire(request, T0);
    granting();
    return outcome;
  };
  const queue = new AcquireQueue({
    acquire,
    giveBack: ({ sessionId, leaseId }) => void pool.giveBack(sessionId, leaseId, T0),
    timers: time,
    clock: { now: () => time.monotonic() },
    remote,
  });
  return { queue, time };
}

/** Waits for a minute. */
function patient(queue: AcquireQueue, over: Partial<Joining> = {}): Joining {
  return { waitSeconds: 60, ticket: queue.ticket(), signal: null, ...over };
}

function sessionOf(outcome: AcquireOutcome | null): number | null {
  return outcome?.kind === 'granted' ? outcome.lease.sessionId : null;
}

describe('the queue of those who wait', () => {
  it(
    'follows the order in which requests arrived, not that in which they joined it',
    using(async (stores) => {
      await add(stores, 'a');
      const { pool } = stores;
      const held = await pool.acquire(wish({ leaseId: 'held' }), T0);
      const { queue } = queueBefore(stores);
      const [first, second, third] = [queue.ticket(), queue.ticket(), queue.ticket()];
      const served: string[] = [];
      const join = async (leaseId: string, ticket: Joining['ticket']) => {
        await queue.join(wish({ leaseId }), patient(queue, { ticket }));
        served.push(leaseId);
      };
      const joined = [join('second', second), join('third', third), join('first', first)];
      let leaseId = 'held';
      for (const next of ['first', 'second', 'third']) {
        await pool.release(sessionOf(held) ?? 0, by({ leaseId }), null, T0);
        queue.freed(1);
        await until(() => served.at(-1) === next || served.length === 3);
        leaseId = next;
      }
      await Promise.all(joined);
      expect(served).toEqual(['first', 'second', 'third']);
    }),
  );

  it(
    'returns a lease that was granted to a request that has just left',
    using(async (stores) => {
      await add(stores, 'a');
      const caller = new AbortController();
      const { queue } = queueBefore(stores, () => caller.abort());
      const { signal } = caller;
      expect(await queue.join(wish(), patient(queue, { signal }))).toBeNull();
      await until(async () => (await stores.pool.counts(T0)).states.free === 1);
      expect((await stores.pool.history(1, { skip: 0, limit: 1 }))?.[0]).toMatchObject({
        event: 'undelivered',
      });
    }),
  );

  it(
    'gives the lease of a request that has just left to the next one',
    using(async (stores) => {
      await add(stores, 'a');
      const caller = new AbortController();
      const { queue } = queueBefore(stores, () => caller.abort());
      stores.onFreed((count) => queue.freed(count));
      const [left, behind] = await Promise.all([
        queue.join(wish(), patient(queue, { signal: caller.signal })),
        queue.join(wish(), patient(queue)),
      ]);
      expect([sessionOf(left), sessionOf(behind)]).toEqual([null, 1]);
    }),
  );

  it(
    'tries again only some of those that may not resolve their channels, and the others in turn',
    using(async (stores) => {
      const { a = 0 } = await add(stores, 'a');
      await stores.peers.takeResolve({ sessionId: a, leaseId: null }, '@other', 1, T0);
      let tries = 0;
      const { queue, time } = queueBefore(stores, () => {
        tries += 1;
      });
      const served: string[] = [];
      const joined = Array.from({ length: 40 }, async (_, at) => {
        const request = wish({ channels: [`@channel_${at}`], resolvesPerDay: 1 });
        if (await queue.join(request, patient(queue))) served.push(`@channel_${at}`);
      });
      await until(() => tries === 40);
      queue.freed(1);
      await until(() => tries === 56);
      await time.advance(0.1);
      await until(() => tries === 72);
      await time.advance(0.1);
      await until(() => tries === 80);
      await time.advance(1);
      expect(tries).toBe(80);
      const peer = { channelId: '7', accessHash: '8', type: 'channel', title: '', identifier: null } as const;
      const rules = { resolved: false, perDay: 1, tags: [] };
      await stores.peers.learn(
        { sessionId: a, leaseId: null },
        [{ ...peer, username: 'channel_30' }],
        rules,
        T0,
      );
      queue.freed(0);
      await until(() => tries === 96);
      await time.advance(0.1);
      await until(() => served.length > 0);
      expect(served).toEqual(['@channel_30']);
      queue.disperse();
      await Promise.all(joined);
    }),
  );

  it(
    'tells that a request needs a session with resolves left, unless one that knows its channels is in use',
    using(async (stores) => {
      const { a = 0, b = 0 } = await add(stores, 'a', 'b');
      const peer = { channelId: '7', accessHash: '8', type: 'channel', title: '', identifier: null } as const;
      const learnt = [{ ...peer, username: 'in_use' }];
      await stores.peers.learn(
        { sessionId: b, leaseId: null },
        learnt,
        { resolved: false, perDay: 1, tags: [] },
        T0,
      );
      await stores.pool.acquire(wish({ leaseId: 'held', sessionId: b }), T0);
      await stores.peers.takeResolve({ sessionId: a, leaseId: null }, '@other', 1, T0);
      let tries = 0;
      const { queue } = queueBefore(stores, () => {
        tries += 1;
      });
      const wanted = { resolvesPerDay: 1, tags: [] };
      const joined = ['@in_use', '@unknown'].map((channel) =>
        queue.join(wish({ ...wanted, channels: [channel] }), patient(queue)),
      );
      await until(() => tries === 2 && queue.demand.length === 2);
      expect(queue.demand).toEqual([
        { needs: [], count: 1 },
        { needs: [MAY_RESOLVE], count: 1 },
      ]);
      // Nothing is free any more, which says nothing of the budgets of those in use.
      await stores.pool.acquire(wish({ leaseId: 'too', sessionId: a }), T0);
      queue.freed(0);
      await until(() => tries > 2);
      expect(queue.demand).toContainEqual({ needs: [MAY_RESOLVE], count: 1 });
      queue.disperse();
      expect(await Promise.all(joined)).toEqual([null, null]);
    }),
  );

  it(
    'does not accept a request whose client is already gone',
    using(async (stores) => {
      await add(stores, 'a');
      const { queue } = queueBefore(stores);
      expect(await queue.join(wish(), patient(queue, { signal: AbortSignal.abort() }))).toBeNull();
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1 });
    }),
  );

  it(
    'gives a request that waited in vain its place back when it is repeated with its idempotency key in time',
    using(async (stores) => {
      await add(stores, 'a');
      await stores.pool.acquire(wish({ leaseId: 'held' }), T0);
      const { queue, time } = queueBefore(stores);
      const served: string[] = [];
      const join = async (name: string, over: Partial<AcquireRequest>, seconds = 60) => {
        const outcome = await queue.join(wish(over), patient(queue, { waitSeconds: seconds }));
        if (outcome) served.push(name);
      };
      const [again, late] = [{ idempotencyKey: 'again' }, { idempotencyKey: 'late' }];
      const inVain = [join('again', again, 1), join('late', late, 1), join('nameless', {}, 1)];
      const others = [join('other', {}), join('another', {})];
      await time.advance(1);
      await Promise.all(inVain);
      const repeated = [join('again', again), join('nameless', {})];
      await time.advance(10);
      repeated.push(join('late', late));
      for (let session = 0; served.length < 5; session += 1) {
        const [lease] = await stores.pool.leases({ skip: 0, limit: 1 }, T0);
        await stores.pool.release(1, by({ leaseId: lease?.leaseId ?? '' }), null, T0);
        queue.freed(1);
        await until(() => served.length === session + 1);
      }
      await Promise.all([...others, ...repeated]);
      expect(served).toEqual(['again', 'other', 'another', 'nameless', 'late']);
    }),
  );

  it(
    'keeps the position of a waiting request while the database is unavailable, and rejects one that does not wait',
    using(async (stores) => {
      await add(stores, 'a');
      let isAway = true;
      const { queue, time } = queueBefore(stores, () => {
        if (isAway) throw new Unavailable('the database went away', 1, { code: 'away' });
      });
      await stores.pool.acquire(wish({ leaseId: 'L' }), T0);
      const waiting = queue.join(wish(), patient(queue));
      const hasty = queue.join(wish({ method: 'm' }), patient(queue, { waitSeconds: 0 }));
      await expect(hasty).rejects.toThrow('went away');
      isAway = false;
      await stores.pool.release(1, by({ leaseId: 'L' }), null, T0);
      await time.advance(1);
      expect(sessionOf(await waiting)).toBe(1);
    }),
  );

  it(
    'leaves freed sessions to those who came earlier elsewhere, also when they are served during a round',
    using(async (stores) => {
      for (const name of ['a', 'b', 'c']) await add(stores, name);
      const elsewhere = new EarlierElsewhere();
      const { queue } = queueBefore(stores, () => elsewhere.leave(1), elsewhere);
      const served: string[] = [];
      const join = async (leaseId: string) => {
        if (sessionOf(await queue.join(wish({ leaseId }), patient(queue)))) served.push(leaseId);
      };
      const joined = [join('first'), join('second')];
      elsewhere.count = 2;
      // The first here is the third of all. While it tries, one of the two elsewhere gets its session.
      queue.freed(3);
      await until(() => served.length > 0);
      await until(async () => (await stores.pool.counts(T0)).states.free === 2);
      expect(served).toEqual(['first']);
      queue.disperse();
      await Promise.all(joined);
    }),
  );

  it(
    'leaves freed sessions to those who came earlier elsewhere, also when they are served before it hears of any',
    using(async (stores) => {
      for (const name of ['a', 'b']) await add(stores, name);
      const elsewhere = new EarlierElsewhere();
      const { queue } = queueBefore(stores, () => undefined, elsewhere);
      elsewhere.count = 2;
      let isServed = false;
      const joined = queue.join(wish(), patient(queue)).then((outcome) => {
        isServed = sessionOf(outcome) !== null;
      });
      elsewhere.leave(1);
      queue.freed(2);
      for (let turn = 0; turn < 20; turn += 1) await stores.pool.counts(T0);
      expect(isServed).toBe(false);
      elsewhere.leave(1);
      await joined;
      expect(isServed).toBe(true);
    }),
  );
});

/** Requests that wait at another replica, all of which arrived before those here. */
class EarlierElsewhere implements RemoteQueues {
  count = 1;
  #onLeft: (count: number) => void = () => {};

  get length(): number {
    return this.count;
  }

  get waiting() {
    return [{ needs: [], count: this.count }];
  }

  /** This many of them were served. */
  leave(count: number): void {
    this.count -= count;
    this.#onLeft(count);
  }

  ahead(): number {
    return this.count;
  }

  announce(): void {}

  onLeft(listener: (count: number) => void): void {
    this.#onLeft = listener;
  }

  forgetLost(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
