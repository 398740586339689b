import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Block } from '../../src/pool/store.js';
import { endLeases } from '../../src/storage/copying/ended_leases.js';
import { openStoresAt } from '../cli/databases.js';
import { add, by, lease, nameFor, type Stores, statesOf } from '../contracts/stores.js';

const FREEZE: Block = {
  ...{ kind: 'freeze', method: null, reason: 'FROZEN_METHOD_INVALID' },
  ...{ since: null, until: null, appealUrl: null },
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ended-leases-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Uses the file's database, and closes it. */
async function using<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
  const stores = await openStoresAt(join(directory, 'a.db'));
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

/** A frozen session, one that had its use of the day, a free one, and one that is leased although it is frozen. */
async function populate(stores: Stores): Promise<void> {
  const now = Date.now();
  await add(stores, 'frozen', 'used up', 'free', 'leased');
  await stores.pool.block(1, by({ admin: true }), FREEZE, now);
  await stores.sessions.edit(2, { tags: ['new'] }, now);
  await stores.tagLimits.set({ tag: 'new', maxUsesPerDay: 1, rampDays: 0 });
  const used = await lease(stores, { sessionId: 2 }, now);
  await stores.pool.release(2, by({ leaseId: used.leaseId }), null, now);
  const { leaseId } = await lease(stores, { sessionId: 4 }, now);
  await stores.pool.block(4, by({ leaseId }), FREEZE, now);
}

const end = (holdSeconds: number | null) => {
  const file = join(directory, 'a.db');
  return endLeases(file, { kind: 'sqlite', file }, holdSeconds);
};

describe('the leases of a restored database', () => {
  it('end where nobody holds one, and every session comes to the state that it would have', async () => {
    await using(populate);
    expect(await end(null)).toMatchObject({ leased: 1, coolingDown: 0 });
    await using(async (stores) => {
      const idle = { frozen: 'frozen', 'used up': 'used_up', free: 'free', leased: 'frozen' };
      expect(await statesOf(stores)).toEqual(idle);
      expect(await stores.sessions.session(4)).toMatchObject({ stateReason: 'FROZEN_METHOD_INVALID' });
      expect(await nameFor(stores, {}, Date.now())).toBe('free');
      expect(await nameFor(stores, {}, Date.now())).toBeNull();
    });
  });

  it('may be held: every session that could be leased, even to who allows frozen ones, cools down first', async () => {
    await using(populate);
    const { coolingDown, until } = await end(600);
    expect(coolingDown).toBe(4);
    await using(async (stores) => {
      const now = Date.now();
      expect(await nameFor(stores, { allowFrozen: true }, now)).toBeNull();
      expect(await nameFor(stores, { sessionId: 1, alsoInactive: true }, now)).toBeNull();
      const later = Number(until) + 86_400_000;
      await stores.pool.expire(100, later);
      const idle = { frozen: 'frozen', 'used up': 'free', free: 'free', leased: 'frozen' };
      expect(await statesOf(stores)).toEqual(idle);
    });
  });
});
