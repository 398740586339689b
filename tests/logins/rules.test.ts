import { describe, expect, it } from '@jest/globals';
import { BadRequest } from '../../src/errors.js';
import {
  defaultName,
  isExpired,
  isOutcomeUnknown,
  leavesSession,
  replacedSession,
} from '../../src/logins/rules.js';
import {
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../src/telegram/errors.js';

describe('the outcome of a step', () => {
  it('is unknown where Telegram’s answer was lost', () => {
    expect(isOutcomeUnknown(new TelegramTimeout('signing in', 30), false)).toBe(true);
    expect(isOutcomeUnknown(new TelegramUnreachable('the connection broke'), false)).toBe(true);
  });

  it('is known where Telegram answered, whatever was unknown before', () => {
    for (const before of [false, true]) {
      expect(isOutcomeUnknown(new TelegramRefused('PHONE_CODE_INVALID', 'auth.signIn'), before)).toBe(false);
      expect(isOutcomeUnknown(new TelegramFlood('FLOOD_WAIT_1', 'auth.signIn', 1), before)).toBe(false);
    }
  });

  it('stays what it was where the step never got to Telegram', () => {
    for (const before of [false, true])
      expect(isOutcomeUnknown(new BadRequest('Invalid OTP code', { code: 'invalid_otp_code' }), before)).toBe(
        before,
      );
  });
});

describe('a login that is dropped', () => {
  it.each([
    ['code', 'ready', true],
    ['code', 'code', false],
    ['code', 'password', false],
    ['code', 'saved', false],
    ['upload', 'ready', false],
  ] as const)('with a %s, %s: leaves a session at Telegram: %j', (kind, stage, leaves) => {
    expect(leavesSession({ kind, stage })).toBe(leaves);
  });
});

describe('the session that a login replaces', () => {
  it.each([
    ['dead', 'free', true],
    ['leased', 'dead', true],
    ['dead', 'dead', true],
    ['invalid', 'free', false],
    ['missing', 'missing', false],
    ['free', 'free', false],
  ] as const)('is expired: %s, at rest %s: %j', (state, rest, expired) => {
    expect(isExpired({ state, rest })).toBe(expired);
  });

  it('is the one of its name, or any where it has none', () => {
    const [ann, bob] = [{ name: 'ann' }, { name: 'bob' }];
    expect(replacedSession([ann, bob], 'bob')).toBe(bob);
    expect(replacedSession([ann, bob], 'cleo')).toBeNull();
    expect(replacedSession([ann, bob], null)).toBe(ann);
    expect(replacedSession([], null)).toBeNull();
  });
});

describe('the name of a login that has none', () => {
  it('is that of the session it replaces, its phone number, or its account', () => {
    const login = { phoneNumber: '+79001234567' };
    expect(defaultName([{ name: 'ann' }, { name: 'bob' }], login, '7')).toBe('ann');
    expect(defaultName([], login, '7')).toBe('79001234567');
    expect(defaultName([], { phoneNumber: null }, '7')).toBe('account-7');
  });
});
