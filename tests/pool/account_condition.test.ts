import { describe, expect, it } from '@jest/globals';
import { ALIVE, conditionOf, conditionOver, worksWhileFrozen } from '../../src/pool/account_condition.js';

describe('a frozen account', () => {
  it.each(['messages.getHistory', 'channels.getMessages', 'upload.GetFile', 'messages.search'])(
    'can call %s',
    (method) => expect(worksWhileFrozen(method)).toBe(true),
  );

  it.each([
    'messages.sendMessage',
    'channels.joinChannel',
    'contacts.resolveUsername',
    'contacts.getContacts',
    'account.getAuthorizations',
    'messages.readHistory',
    'getHistory',
  ])('may not be able to call %s, for which it is never leased', (method) =>
    expect(worksWhileFrozen(method)).toBe(false),
  );
});

describe('the condition of an account', () => {
  const detail = { reason: 'PEER_FLOOD', since: 1, until: 5, appealUrl: null };

  it('is over when nobody has been refused for a day, if it is limited', () => {
    const limited = { condition: 'limited', conditionDetail: detail } as const;
    expect(conditionOver(limited, 4)).toEqual({});
    expect(conditionOver(limited, 5)).toEqual(ALIVE);
    expect(conditionOver({ condition: 'frozen', conditionDetail: detail }, 5)).toEqual({});
    expect(conditionOver(ALIVE, 5)).toEqual({});
  });

  it('is dead where its session is', () => {
    expect(conditionOf({ state: 'dead', condition: 'frozen' })).toBe('dead');
    expect(conditionOf({ state: 'leased', condition: 'frozen' })).toBe('frozen');
  });
});
