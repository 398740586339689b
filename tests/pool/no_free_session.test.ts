import { describe, expect, it } from '@jest/globals';
import { noFreeSession, tallyOf } from '../../src/pool/outcomes.js';
import { STATES, type State } from '../../src/pool/states.js';
import type { PoolCounts } from '../../src/pool/store.js';
import { some, withService } from '../service/service.js';

const NOW = 1_000_000;

function counts(states: Partial<Record<State, number>>, over: Partial<PoolCounts> = {}): PoolCounts {
  const all = Object.fromEntries(STATES.map((state) => [state, states[state] ?? 0])) as Record<State, number>;
  return {
    total: Object.values(all).reduce((sum, n) => sum + n, 0),
    states: all,
    freeButLimited: 0,
    nextFloodEnd: null,
    nextMethodFloodEnd: null,
    nextCooldownEnd: null,
    oldestLeaseAt: null,
    ...over,
  };
}

const seconds = (seconds: number) => NOW + seconds * 1000;

describe('what those are told who ask for a session in vain', () => {
  it.each([
    ['nothing will free itself', counts({ invalid: 1, dead: 2, missing: 1 }), null, 60],
    ['there is no such session at all', counts({}), null, 60],
    ['a flood wait ends', counts({ flood: 2 }, { nextFloodEnd: seconds(90) }), 90, 90],
    [
      "a method's flood wait ends",
      counts({ free: 1 }, { freeButLimited: 1, nextMethodFloodEnd: seconds(30) }),
      30,
      30,
    ],
    [
      'two kinds of flood waits end, the sooner of them',
      counts(
        { flood: 1, free: 1 },
        { freeButLimited: 1, nextFloodEnd: seconds(90), nextMethodFloodEnd: seconds(30) },
      ),
      30,
      30,
    ],
    ['a part of a second is left', counts({ flood: 1 }, { nextFloodEnd: NOW + 1 }), 1, 1],
    ['a flood wait is over just now', counts({ flood: 1 }, { nextFloodEnd: NOW }), 0, 1],
    [
      'a cool-down ends, which is no flood wait',
      counts({ cooldown: 1 }, { nextCooldownEnd: seconds(40) }),
      null,
      40,
    ],
    [
      'a cool-down ends before a flood wait',
      counts({ cooldown: 1, flood: 1 }, { nextCooldownEnd: seconds(40), nextFloodEnd: seconds(90) }),
      90,
      40,
    ],
    ['a worker may give one back at any moment', counts({ leased: 1 }), null, 1],
    [
      'a worker may, and a flood wait ends',
      counts({ leased: 1, flood: 1 }, { nextFloodEnd: seconds(90) }),
      90,
      1,
    ],
  ])('if %s', (_, those, nextReleaseIn, retryAfter) => {
    expect(noFreeSession(those, NOW)).toEqual({ nextReleaseIn, retryAfter });
  });

  it('every session is in one of four groups: free for anyone, in use, flooded or invalid, unavailable', () => {
    const all = counts(
      {
        free: 5,
        leased: 2,
        flood: 3,
        invalid: 1,
        cooldown: 1,
        dead: 1,
        missing: 1,
        inactive: 1,
        duplicate: 1,
      },
      { freeButLimited: 2 },
    );
    expect(tallyOf(all)).toEqual({ free: 3, inUse: 2, inFloodwait: 6, unavailable: 5 });
  });
});

describe('GET /session in vain', () => {
  it(
    'speaks of the tags that were asked for, not of the pool',
    withService(
      async (service) => {
        const admin = service.as('admin');
        await admin
          .put('/sessions/1')
          .send({ tags: ['de'] })
          .expect(200);
        await admin
          .put('/sessions/2')
          .send({ tags: ['de'] })
          .expect(200);
        await admin.post('/floodwait').send({ session_id: 1, wait_seconds: 500 }).expect(200);
        await admin.post('/invalidate').send({ session_id: 2 }).expect(200);
        await admin.post('/floodwait').send({ session_id: 3, wait_seconds: 7 }).expect(200);
        await service.lease('session_id=4');
        const german = await service.as('worker').get('/session?tag=de').expect(503);
        expect(german.headers['retry-after']).toBe('500');
        expect(german.body.detail).toMatchObject({ in_floodwait: 2, next_release_in: 500, in_use: 0 });
        const any = await service.as('worker').get('/session').expect(503);
        expect(any.headers['retry-after']).toBe('1');
        expect(any.body.detail).toMatchObject({ in_floodwait: 3, next_release_in: 7, in_use: 1 });
      },
      { files: some(4) },
    ),
  );

  it(
    'says of a session that nobody will free without an admin: no time is known, ask again in a minute',
    withService(
      async (service) => {
        await service.as('admin').post('/invalidate').send({ session_id: 1 }).expect(200);
        for (const query of ['session_id=1', 'session_name=s001', 'tag=nobody-has-it']) {
          const none = await service.as('worker').get(`/session?${query}`).expect(503);
          expect(none.headers['retry-after']).toBe('60');
          expect(none.body.detail.next_release_in).toBeNull();
        }
        expect((await service.status()).next_available).toBeNull();
      },
      { files: some(2) },
    ),
  );

  it(
    'agrees with /status about a session that is flooded for a method: a plain request could not have it',
    withService(
      async (service) => {
        const flood = { session_id: 1, wait_seconds: 45, method: 'messages.search' };
        await service.as('admin').post('/floodwait').send(flood).expect(200);
        expect(await service.status()).toMatchObject({
          ...{ total: 1, free: 0, in_floodwait: 1, flooded_for_methods: 1, unavailable: 0 },
          next_available: '2025-03-01 12:00:45',
        });
        const plain = await service.as('worker').get('/session').expect(503);
        expect(plain.headers['retry-after']).toBe('45');
        expect(plain.body.detail).toMatchObject({ in_floodwait: 1, next_release_in: 45 });
        await service.lease('method=users.getUsers');
        expect(await service.status()).toMatchObject({ free: 0, in_use: 1, in_floodwait: 0 });
      },
      { files: some(1) },
    ),
  );

  it(
    'speaks of what was asked for also after it was held in vain',
    withService(
      async (service) => {
        await service.as('admin').post('/invalidate').send({ session_id: 1 }).expect(200);
        await service.lease('session_id=2');
        const held = service
          .as('worker')
          .get('/session?session_id=1&wait=5')
          .expect(503)
          .then((answer) => answer);
        await service.time.advance(0);
        while ((await service.status()).waiting === 0) await service.time.advance(0);
        await service.time.advance(5);
        expect((await held).headers['retry-after']).toBe('60');
      },
      { files: some(2) },
    ),
  );
});
