import { describe, expect, it } from '@jest/globals';
import { Conflict, NotFound, TooMany, Unavailable } from '../../src/kernel/errors.js';
import {
  leaseRefusal,
  nameTaken,
  newNameRefusal,
  refusedBy,
  secondsToFloodEnd,
  sessionFlooded,
  sessionInUse,
} from '../../src/sessions/refusals.js';

const session = { id: 7, name: 'ann', stateReason: null, stateUntil: null };
const named = { session_id: 7, session_name: 'ann' };

describe('a new name', () => {
  it.each([
    ['ann', 'bob'],
    ['ann', 'Ann Smith'],
    ['team/ann', 'bob'],
    ['team/ann', 'team/bob'],
    ['a/b/ann', 'a/b/bob'],
  ])('of %s may be %s', (before, name) => {
    expect(newNameRefusal(before, name)).toBeNull();
  });

  it.each([
    ['ann', 'team/ann'],
    ['team/ann', 'other/ann'],
    ['team/ann', 'team/deeper/ann'],
    ['team/ann', 'team/'],
    ['team/ann', 'team/ann.session'],
    ['team/ann', 'team/../ann'],
    ['a/b/ann', 'a/ann'],
    ['ann', ''],
    ['ann', '.ann'],
  ])('of %s can’t be %j', (before, name) => {
    expect(newNameRefusal(before, name)).toEqual(expect.any(String));
  });

  it('may not make the whole path too long', () => {
    const directory = `${'d'.repeat(200)}/`.repeat(5);
    expect(newNameRefusal(`${directory}ann`, `${directory}${'n'.repeat(10)}`)).toBeNull();
    expect(newNameRefusal(`${directory}ann`, `${directory}${'n'.repeat(100)}`)).toMatch(/1024/);
  });
});

describe('a change that the store refused', () => {
  it('is answered by what stood in its way', () => {
    expect(refusedBy({ kind: 'unknown' }, session)).toBeInstanceOf(NotFound);
    expect(refusedBy({ kind: 'unknown' }, session).message).toBe('Session not found');
    const inUse = refusedBy({ kind: 'in_use' }, session);
    expect(inUse).toMatchObject({ detail: { error: 'session_in_use', ...named } });
    const taken = refusedBy({ kind: 'name_taken', sessionId: 8, sessionName: 'bob' }, session);
    expect(taken).toMatchObject({ detail: { error: 'name_taken', session_id: 8, session_name: 'bob' } });
    const referred = refusedBy({ kind: 'referred', sourceId: 3, sourceName: 'news' }, session);
    expect(referred).toBeInstanceOf(Conflict);
    expect(referred).toMatchObject({
      message: expect.stringMatching(/news.*ann/),
      detail: { error: 'session_in_use_by_source', source_id: 3, source_name: 'news' },
    });
  });

  it('names who has the name, be it a login under way', () => {
    expect(nameTaken({ sessionId: null, sessionName: 'a pending login' })).toMatchObject({
      message: expect.stringContaining('a pending login'),
      detail: { error: 'name_taken', session_id: null },
    });
    expect(sessionInUse(session).message).toContain('ann');
  });
});

describe('a session that the service wants to lease', () => {
  it.each(['free', 'inactive'])('is not refused while it is %s', (state) => {
    expect(leaseRefusal({ ...session, state }, 0)).toBeNull();
  });

  it.each(['leased', 'cooldown'])('is in use while it is %s', (state) => {
    expect(leaseRefusal({ ...session, state }, 0)).toMatchObject({
      detail: { error: 'session_in_use', ...named },
    });
  });

  it.each([
    [10_000, 4_000, 6],
    [10_000, 4_001, 6],
    [10_000, 5_000, 5],
    [10_000, 10_000, 1],
    [10_000, 20_000, 1],
    [null, 20_000, 1],
  ])('waits for the end of a flood at %j, at %i: %i seconds', (stateUntil, now, seconds) => {
    const refused = leaseRefusal({ ...session, state: 'flood', stateUntil }, now);
    expect(refused).toBeInstanceOf(TooMany);
    expect(refused).toMatchObject({
      retryAfterSeconds: seconds,
      detail: {
        error: 'flood_wait',
        session_id: 7,
        wait_seconds: seconds,
        message: expect.stringContaining('ann'),
      },
    });
  });

  it.each(['dead', 'invalid', 'missing', 'duplicate'])(
    'is unavailable while it is %s, with the reason',
    (state) => {
      const refused = leaseRefusal({ ...session, state, stateReason: 'SESSION_REVOKED' }, 0);
      expect(refused).toMatchObject({
        message: `ann is out of the pool (${state}: SESSION_REVOKED)`,
        detail: { error: 'session_unavailable', ...named, status: state },
      });
      expect(leaseRefusal({ ...session, state }, 0)?.message).toBe(`ann is out of the pool (${state})`);
    },
  );
});

describe('the end of a flood', () => {
  it('is a second away at least', () => {
    expect(sessionFlooded(session, 0).retryAfterSeconds).toBe(1);
    expect(sessionFlooded(session, 2).retryAfterSeconds).toBe(2);
  });

  it('is what the pool says, else a second away', () => {
    const pool = (detail: Unavailable['detail']) =>
      secondsToFloodEnd(new Unavailable(detail, 5, { code: 'any' }));
    expect(pool({ error: 'no_free_session', next_release_in: 17 })).toBe(17);
    expect(pool({ error: 'no_free_session', next_release_in: null })).toBe(1);
    expect(pool({ error: 'no_free_session' })).toBe(1);
    expect(pool('The service is stopping')).toBe(1);
  });
});
