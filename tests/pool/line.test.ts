import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/errors.js';
import { type Joining, WaitingLine } from '../../src/pool/line.js';
import { NO_OTHER_LINES } from '../../src/pool/other_lines.js';
import type { AcquireOutcome, AcquireRequest } from '../../src/pool/store.js';
import { add, by, type MakeStores, type Stores, T0, tally, usingStores, wish } from '../contracts/stores.js';
import { ManualTime, until } from '../service/manual_time.js';
import { makeSqliteStores } from '../storage/databases.js';

const using = usingStores(makeSqliteStores satisfies MakeStores);

/** A line before a pool; `granting` is what happens between a grant and the moment that the line hears of it. */
function lineBefore({ pool }: Stores, granting: () => void = () => undefined) {
  const time = new ManualTime();
  const acquire = async (request: AcquireRequest): Promise<AcquireOutcome> => {
    const outcome = await pool.acquire(request, T0);
    granting();
    return outcome;
  };
  const line = new WaitingLine({
    acquire,
    giveBack: ({ sessionId, leaseId }) => void pool.giveBack(sessionId, leaseId, T0),
    timers: time,
    clock: { now: () => time.monotonic() },
    others: NO_OTHER_LINES,
  });
  return { line, time };
}

/** Stands in line for a minute. */
function patient(line: WaitingLine, over: Partial<Joining> = {}): Joining {
  return { waitSeconds: 60, ticket: line.ticket(), signal: null, ...over };
}

function sessionOf(outcome: AcquireOutcome | null): number | null {
  return outcome?.kind === 'granted' ? outcome.lease.sessionId : null;
}

describe('a line', () => {
  it(
    'goes by the order in which requests came, not that in which they joined it',
    using(async (stores) => {
      await add(stores, 'a');
      const { pool } = stores;
      const held = await pool.acquire(wish({ leaseId: 'held' }), T0);
      const { line } = lineBefore(stores);
      const [first, second, third] = [line.ticket(), line.ticket(), line.ticket()];
      const served: string[] = [];
      const join = async (leaseId: string, ticket: Joining['ticket']) => {
        await line.join(wish({ leaseId }), patient(line, { ticket }));
        served.push(leaseId);
      };
      const joined = [join('second', second), join('third', third), join('first', first)];
      let leaseId = 'held';
      for (const next of ['first', 'second', 'third']) {
        await pool.release(sessionOf(held) ?? 0, by({ leaseId }), null, T0);
        line.freed(1);
        await until(() => served.at(-1) === next || served.length === 3);
        leaseId = next;
      }
      await Promise.all(joined);
      expect(served).toEqual(['first', 'second', 'third']);
    }),
  );

  it(
    'gives a lease back that was granted to one who has just left it',
    using(async (stores) => {
      await add(stores, 'a');
      const caller = new AbortController();
      const { line } = lineBefore(stores, () => caller.abort());
      const { signal } = caller;
      expect(await line.join(wish(), patient(line, { signal }))).toBeNull();
      await until(async () => (await stores.pool.counts(T0)).states.free === 1);
      expect((await stores.pool.history(1, { skip: 0, limit: 1 }))?.[0]).toMatchObject({
        event: 'given_back',
      });
    }),
  );

  it(
    'gives the lease of one who has just left to the one behind',
    using(async (stores) => {
      await add(stores, 'a');
      const caller = new AbortController();
      const { line } = lineBefore(stores, () => caller.abort());
      stores.onFreed((count) => line.freed(count));
      const [left, behind] = await Promise.all([
        line.join(wish(), patient(line, { signal: caller.signal })),
        line.join(wish(), patient(line)),
      ]);
      expect([sessionOf(left), sessionOf(behind)]).toEqual([null, 1]);
    }),
  );

  it(
    'does not let in one whose caller is gone already',
    using(async (stores) => {
      await add(stores, 'a');
      const { line } = lineBefore(stores);
      expect(await line.join(wish(), patient(line, { signal: AbortSignal.abort() }))).toBeNull();
      expect(tally(await stores.pool.counts(T0))).toEqual({ free: 1 });
    }),
  );

  it(
    'keeps the place of one who waits while the database is away, and turns away one who does not',
    using(async (stores) => {
      await add(stores, 'a');
      let isAway = true;
      const { line, time } = lineBefore(stores, () => {
        if (isAway) throw new Unavailable('the database went away', 1);
      });
      await stores.pool.acquire(wish({ leaseId: 'L' }), T0);
      const waiting = line.join(wish(), patient(line));
      const hasty = line.join(wish({ method: 'm' }), patient(line, { waitSeconds: 0 }));
      await expect(hasty).rejects.toThrow('went away');
      isAway = false;
      await stores.pool.release(1, by({ leaseId: 'L' }), null, T0);
      await time.advance(1);
      expect(sessionOf(await waiting)).toBe(1);
    }),
  );
});
