import { describe, expect, it } from '@jest/globals';
import { SecretUnreadable } from '../../src/access/vault_errors.js';
import { Conflict } from '../../src/kernel/errors.js';
import { checkWithoutAsking, refusedCheck } from '../../src/sessions/check_results.js';
import {
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../src/telegram/errors.js';

const refusal = (name: string) => new TelegramRefused(name, 'users.getUsers');
const nobodys = { isValid: false, account: null, authKeySha256: null };

describe('a check of a session', () => {
  it.each(['dead', 'invalid', 'missing', 'duplicate'] as const)('that is %s asks nobody', (state) => {
    const known = { ...nobodys, status: state };
    expect(checkWithoutAsking({ state, stateReason: 'why' })).toEqual({ ...known, error: 'why' });
    expect(checkWithoutAsking({ state, stateReason: null })).toEqual({ ...known, error: state });
  });

  it.each(['free', 'leased', 'cooldown', 'flood', 'inactive'] as const)(
    'that is %s asks Telegram',
    (state) => {
      expect(checkWithoutAsking({ state, stateReason: null })).toBeNull();
    },
  );
});

describe('a check that failed', () => {
  it.each([
    'AUTH_KEY_UNREGISTERED',
    'AUTH_KEY_DUPLICATED',
    'AUTH_KEY_INVALID',
    'SESSION_REVOKED',
    'SESSION_EXPIRED',
    'USER_DEACTIVATED',
    'USER_DEACTIVATED_BAN',
    'PHONE_NUMBER_BANNED',
  ])('with %s says that the session is dead', (name) => {
    expect(refusedCheck(refusal(name))).toEqual({ ...nobodys, status: 'dead', error: name });
  });

  it.each([
    ['a frozen account', refusal('FROZEN_METHOD_INVALID')],
    ['the wrong data centre', refusal('USER_MIGRATE_2')],
    ['an unknown error', refusal('SOMETHING_NEW')],
    ['a flood by another name', refusal('PEER_FLOOD')],
    ['a flood', new TelegramFlood('FLOOD_WAIT_9', 'users.getUsers', 9)],
    ['the network', new TelegramUnreachable('the connection broke')],
    ['a time-out', new TelegramTimeout('users.getUsers', 15)],
    ['a session in use', new Conflict({ error: 'session_in_use' })],
    ['a mistake of ours', new Error('SESSION_REVOKED')],
    ['nothing', undefined],
  ])('by %s says nothing of the session', (_, error) => {
    expect(refusedCheck(error)).toBeNull();
  });

  it('since nothing can be read of the session says so', () => {
    const message = 'No session can be read from the files of ann';
    const unreadable = new Conflict({ error: 'credentials_unreadable', message });
    expect(refusedCheck(unreadable)).toEqual({ ...nobodys, status: 'unreadable', error: message });
    const secret = new SecretUnreadable({ error: 'proxy_unreadable', message: 'add the older key' });
    expect(refusedCheck(secret)).toEqual({ ...nobodys, status: 'unreadable', error: 'add the older key' });
  });
});
