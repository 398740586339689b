import { describe, expect, it } from '@jest/globals';
import {
  deadlineEvent,
  EVENTS,
  nextState,
  type PoolEvent,
  STATES,
  type State,
} from '../../src/pool/states.js';

/** Where a session comes to rest in these tests, so that a move to rest is told from a move to `free`. */
const REST = 'missing';

/**
 * What each event leads to, state by state; `-`: nothing happens, `rest`: the state the session rests in.
 * A row: acquire renew release expire cool revoke flood invalidate restore elapse die settle rekey.
 */
const EXPECTED: Readonly<Record<State, string>> = {
  free: 'leased - - - - - flood invalid - - dead rest rest',
  leased: '- leased rest rest cooldown cooldown flood invalid - - dead - -',
  cooldown: '- - rest - - - flood invalid - rest dead - -',
  flood: '- - - - - - flood invalid rest rest dead - -',
  invalid: '- - - - - - - - rest rest - - -',
  missing: '- - - - - - - invalid - - dead rest rest',
  dead: '- - - - - - - invalid rest - - - rest',
  inactive: 'leased - - - - - - invalid - - dead rest rest',
  duplicate: '- - - - - - - invalid - - dead rest rest',
};

function expected(state: State, event: PoolEvent): State | null {
  const cell = EXPECTED[state].split(' ')[EVENTS.indexOf(event)];
  if (cell === 'rest') return REST;
  return STATES.find((known) => known === cell) ?? null;
}

describe('the transitions of a session', () => {
  for (const state of STATES) {
    for (const event of EVENTS) {
      const to = expected(state, event);
      it(`${event} of a ${state} session: ${to === REST ? 'to where it rests' : (to ?? 'nothing')}`, () => {
        expect(nextState(state, event, REST)).toBe(to);
      });
    }
  }

  it('lead to a lease from nowhere but a free session, or one that an admin took out of the pool', () => {
    const leasable = STATES.filter((state) => nextState(state, 'acquire', 'free') === 'leased');
    expect(leasable).toEqual(['free', 'inactive']);
  });

  it('never end a lease because of its file: the holder is still connected', () => {
    expect(nextState('leased', 'settle', 'dead')).toBeNull();
    expect(nextState('leased', 'rekey', 'free')).toBeNull();
  });

  it('bring a session of an unknown rest back free only where nothing else forbids it', () => {
    for (const rest of ['free', 'missing', 'dead', 'inactive', 'duplicate'] as const) {
      expect(nextState('flood', 'elapse', rest)).toBe(rest);
    }
  });
});

describe('the deadline of a state', () => {
  it.each([
    ['leased', false, 'expire'],
    ['leased', true, 'cool'],
    ['cooldown', true, 'elapse'],
    ['flood', false, 'elapse'],
    ['invalid', false, 'elapse'],
    ['free', false, null],
    ['missing', false, null],
    ['dead', true, null],
    ['inactive', false, null],
    ['duplicate', false, null],
  ] as const)('of a %s session (renewed: %s) brings %s', (state, renewed, event) => {
    expect(deadlineEvent(state, renewed)).toBe(event);
  });
});
