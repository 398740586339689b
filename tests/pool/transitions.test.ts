import { describe, expect, it } from '@jest/globals';
import {
  deadlineEvent,
  EVENTS,
  nextState,
  type PoolEvent,
  STATES,
  type State,
} from '../../src/pool/states.js';

/** The base state in these tests, so that a move to the base state is told from a move to `free`. */
const BASE = 'missing';

/**
 * What each event leads to, state by state; `-`: nothing happens, `base`: the session's base state. A row:
 * acquire renew release expire enter_cooldown revoke flood invalidate restore timer_expired die reconcile
 * auth_key_changed.
 */
const EXPECTED: Readonly<Record<State, string>> = {
  free: 'leased - - - - - flood invalid - - dead base base',
  leased: '- leased base base cooldown cooldown flood invalid - - dead - -',
  cooldown: '- - base - - - flood invalid - base dead - -',
  flood: '- - - - - - flood invalid base base dead - -',
  invalid: '- - - - - - - - base base - - -',
  frozen: 'leased - - - - - flood invalid base - dead base base',
  used_up: 'leased - - - - - flood invalid - base dead base base',
  missing: '- - - - - - - invalid - - dead base base',
  dead: '- - - - - - - invalid base - - - base',
  inactive: 'leased - - - - - - invalid - - dead base base',
  duplicate: '- - - - - - - invalid - - dead base base',
};

function expected(state: State, event: PoolEvent): State | null {
  const cell = EXPECTED[state].split(' ')[EVENTS.indexOf(event)];
  if (cell === 'base') return BASE;
  return STATES.find((known) => known === cell) ?? null;
}

describe('the transitions of a session', () => {
  it('are caused by the events of the table', () => {
    expect(EVENTS).toEqual([
      ...[
        'acquire',
        'renew',
        'release',
        'expire',
        'enter_cooldown',
        'revoke',
        'flood',
        'invalidate',
        'restore',
      ],
      ...['timer_expired', 'die', 'reconcile', 'auth_key_changed'],
    ]);
  });

  for (const state of STATES) {
    for (const event of EVENTS) {
      const to = expected(state, event);
      it(`${event} of a ${state} session: ${to === BASE ? 'to its base state' : (to ?? 'nothing')}`, () => {
        expect(nextState(state, event, BASE)).toBe(to);
      });
    }
  }

  it('lead to a lease only from a free session, or from one out of the pool to look after it', () => {
    const leasable = STATES.filter((state) => nextState(state, 'acquire', 'free') === 'leased');
    expect(leasable).toEqual(['free', 'frozen', 'used_up', 'inactive']);
  });

  it('never end a lease because of its file: the holder is still connected', () => {
    expect(nextState('leased', 'reconcile', 'dead')).toBeNull();
    expect(nextState('leased', 'auth_key_changed', 'free')).toBeNull();
  });

  it('free a flooded session only where its base state is free', () => {
    for (const base of ['free', 'missing', 'dead', 'inactive', 'duplicate'] as const) {
      expect(nextState('flood', 'timer_expired', base)).toBe(base);
    }
  });
});

describe('the deadline of a state', () => {
  it.each([
    ['leased', false, 'expire'],
    ['leased', true, 'enter_cooldown'],
    ['cooldown', true, 'timer_expired'],
    ['flood', false, 'timer_expired'],
    ['invalid', false, 'timer_expired'],
    ['used_up', false, 'timer_expired'],
    ['free', false, null],
    ['frozen', false, null],
    ['missing', false, null],
    ['dead', true, null],
    ['inactive', false, null],
    ['duplicate', false, null],
  ] as const)('of a %s session (renewed: %s) causes %s', (state, renewed, event) => {
    expect(deadlineEvent(state, renewed)).toBe(event);
  });
});
