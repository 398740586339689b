import { describe, expect, it } from '@jest/globals';
import {
  granted,
  noFreeSession,
  refused,
  SessionsDirectoryGone,
  stopping,
  tallyOf,
  UserIdUnknown,
  unavailableReasons,
  withoutFiles,
} from '../../src/pool/outcomes.js';
import { STATES, type State } from '../../src/pool/states.js';
import type { AcquireOutcome, Lease, PoolCounts } from '../../src/pool/store.js';

const NOW = 1_000_000;

function counts(states: Partial<Record<State, number>>, over: Partial<PoolCounts> = {}): PoolCounts {
  const all = Object.fromEntries(STATES.map((state) => [state, states[state] ?? 0])) as Record<State, number>;
  return {
    total: Object.values(all).reduce((sum, n) => sum + n, 0),
    states: all,
    freeButMethodFlooded: 0,
    nextFloodEnd: null,
    nextMethodFloodEnd: null,
    nextCooldownEnd: null,
    ...{ nextUsedUpEnd: null, limited: 0, frozen: 0 },
    oldestLeaseAt: null,
    ...over,
  };
}

const seconds = (seconds: number) => NOW + seconds * 1000;

describe('the answer if there is no free session', () => {
  it.each([
    ['nothing will free itself', counts({ invalid: 1, dead: 2, missing: 1 }), null, 60],
    ['there is no such session at all', counts({}), null, 60],
    ['a flood wait ends', counts({ flood: 2 }, { nextFloodEnd: seconds(90) }), 90, 90],
    [
      "a method's flood wait ends",
      counts({ free: 1 }, { freeButMethodFlooded: 1, nextMethodFloodEnd: seconds(30) }),
      30,
      30,
    ],
    [
      'two kinds of flood waits end, the sooner of them',
      counts(
        { flood: 1, free: 1 },
        { freeButMethodFlooded: 1, nextFloodEnd: seconds(90), nextMethodFloodEnd: seconds(30) },
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
      { freeButMethodFlooded: 2 },
    );
    expect(tallyOf(all)).toEqual({ free: 3, inUse: 2, inFloodwait: 6, unavailable: 5 });
  });
});

/** The error that `work` throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}

describe('an outcome', () => {
  const thrown = (outcome: AcquireOutcome) => thrownBy(() => granted(outcome, NOW));

  it('that granted a lease is that lease', () => {
    const lease = { leaseId: 'lease' } as Lease;
    expect(granted({ kind: 'granted', lease, repeated: false }, NOW)).toBe(lease);
  });

  it('that granted none is an error that says why', () => {
    expect(thrown({ kind: 'unknown_session' })).toMatchObject({
      ...{ name: 'NotFound', message: 'Session not found' },
    });
    expect(thrown({ kind: 'lease_lost', sessionId: 7 })).toMatchObject({
      ...{ name: 'Conflict', detail: { error: 'lease_lost', session_id: 7 } },
    });
    expect(thrown({ kind: 'max_leases', held: 3, maxLeases: 2 })).toMatchObject({
      name: 'TooMany',
      detail: { error: 'max_leases_reached', held: 3, max_leases: 2 },
      retryAfterSeconds: 1,
    });
  });

  it('that found no free session tells what was found instead', () => {
    const states = { flood: 2, invalid: 1, leased: 1, dead: 1, free: 1 };
    const found = counts(states, { freeButMethodFlooded: 1, nextFloodEnd: seconds(90) });
    expect(thrown({ kind: 'none', counts: found })).toMatchObject({
      name: 'Unavailable',
      detail: {
        ...{ error: 'no_free_session', in_floodwait: 4, next_release_in: 90, in_use: 1 },
        ...{ unavailable: { dead: 1 }, flooded_for_methods: 1 },
      },
      retryAfterSeconds: 1,
    });
  });
});

describe('a refusal', () => {
  it('names the session, and says what to send where the lease id is missing', () => {
    const plain = refused('not_lease_holder', 7);
    expect(plain.detail).toEqual({ error: 'not_lease_holder', session_id: 7 });
    const message =
      'without lease_id, this call may mean the lease of another worker: send your own lease_id';
    expect(refused('lease_id_required', 7).detail).toEqual({
      ...{ error: 'lease_id_required', message, session_id: 7 },
    });
  });

  it('of a format that names an unknown user says how to find out, and what Telegram said', () => {
    const advice = 'Request another format, or test the session first (POST /sessions/7/test)';
    const unknown = 'The user id of a is unknown, and a Pyrogram string needs it';
    expect(new UserIdUnknown(7, 'a', null).detail).toEqual({
      ...{ error: 'user_id_unknown', message: `${unknown}. ${advice}`, session_id: 7, session_name: 'a' },
    });
    expect(new UserIdUnknown(7, 'a', 'FLOOD_WAIT_5').message).toBe(
      `${unknown}; Telegram was asked: FLOOD_WAIT_5. ${advice}`,
    );
  });

  it('while the service stops asks for another try in a second', () => {
    const message = 'the service is stopping; try again in a moment';
    expect(stopping()).toMatchObject({ detail: { error: 'shutting_down', message }, retryAfterSeconds: 1 });
  });
});

describe('a pool whose session files are gone', () => {
  it('has no free session: those that were free are missing', () => {
    const before = counts(
      { free: 3, missing: 1, leased: 2 },
      { freeButMethodFlooded: 2, nextMethodFloodEnd: seconds(30), nextFloodEnd: seconds(90) },
    );
    const after = withoutFiles(before);
    expect(after).toEqual({
      ...before,
      states: { ...before.states, free: 0, missing: 4 },
      ...{ freeButMethodFlooded: 0, nextMethodFloodEnd: null },
    });
    expect(tallyOf(after)).toEqual({ free: 0, inUse: 2, inFloodwait: 0, unavailable: 4 });
  });

  it('is told with its counts, and looked at again in five seconds', () => {
    const gone = new SessionsDirectoryGone(
      'it was unmounted',
      counts({ flood: 2, invalid: 1, leased: 4, missing: 1 }, { freeButMethodFlooded: 3 }),
    );
    expect(gone).toMatchObject({
      retryAfterSeconds: 5,
      detail: {
        error: 'no_sessions_directory',
        message: 'The sessions directory is gone, and nothing is leased until it is back: it was unmounted',
        ...{ in_floodwait: 3, next_release_in: null, in_use: 4, flooded_for_methods: 3 },
        unavailable: { missing: 1 },
      },
    });
  });

  it('names the reasons that there are, and no other', () => {
    const states = { free: 9, leased: 9, flood: 9, invalid: 9, cooldown: 1, dead: 2 };
    expect(unavailableReasons(counts(states))).toEqual({ cooldown: 1, dead: 2 });
    expect(unavailableReasons(counts({ missing: 1, inactive: 2, duplicate: 3 }))).toEqual({
      ...{ missing: 1, inactive: 2, duplicate: 3 },
    });
  });
});
