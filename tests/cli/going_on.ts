import { expect } from '@jest/globals';
import { addSource } from '../contracts/sources.js';
import { by, found, idsOf, nameFor, put, type Stores, T0, wish } from '../contracts/stores.js';
import { FILE_TYPES, HIGHEST, TAGS, UNTIL } from './full_database.js';

/** Over a copy of the full database, a service continues where the other one stopped. */
export async function goesOn(stores: Stores): Promise<void> {
  await standsAsBefore(stores);
  await leasesAsBefore(stores);
  await givesNewIds(stores);
}

async function standsAsBefore({ pool, access, sources }: Stores): Promise<void> {
  expect(await pool.counts(T0)).toMatchObject({
    total: 12,
    freeButMethodFlooded: 1,
    states: {
      ...{ free: 2, leased: 1, cooldown: 1, flood: 1, invalid: 1, frozen: 1, used_up: 1 },
      ...{ missing: 1, dead: 1, inactive: 1 },
    },
    nextFloodEnd: UNTIL,
  });
  expect((await access.keyByHash('aa'))?.name).toBe('one');
  expect(await access.keyByHash('bb')).toBeNull();
  const kept = await sources.sources({ skip: 0, limit: 9 });
  expect(kept.map(({ fileTypes }) => fileTypes)).toEqual([FILE_TYPES, null, []]);
}

async function leasesAsBefore(stores: Stores): Promise<void> {
  const renewed = await stores.pool.renew(2, by({ leaseId: 'lease of leased' }), 900, T0);
  expect(renewed).toEqual({ kind: 'renewed', expiresAt: T0 + 900_000 });
  expect((await stores.pool.acquire(wish({ sessionId: 2 }), T0)).kind).not.toBe('granted');
  // The other free one is flooded for this method.
  const wanted = { tags: TAGS, method: 'GetHistory' };
  expect(await nameFor(stores, wanted)).toBe('free');
  expect(await nameFor(stores, wanted)).toBeNull();
}

async function givesNewIds(stores: Stores): Promise<void> {
  const { access, intake } = stores;
  const record = {
    name: 'new',
    role: 'worker',
    hash: 'cc',
    maxLeases: null,
    tags: [],
    expiresAt: null,
    createdAt: T0,
  } as const;
  expect((await access.createKey(record)).id).toBe(HIGHEST.api_keys + 1);
  const proxy = { type: 'http', host: 'h', port: 1, user: null, pass: null } as const;
  expect(await access.addProxy(proxy)).toBe(HIGHEST.proxies + 1);
  await intake.apply([put(found('new'))], T0);
  expect((await idsOf(stores)).new).toBe(HIGHEST.sessions + 1);
  expect((await addSource(stores)).id).toBe(HIGHEST.sources + 1);
}
