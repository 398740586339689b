import { describe, expect, it } from '@jest/globals';
import { BadRequest, Conflict, TooMany, Unavailable } from '../../src/kernel/errors.js';
import {
  conflictError,
  loginRefusal,
  notAdded,
  parseCode,
  parsePhoneNumber,
} from '../../src/logins/refusals.js';
import { TelegramFlood, TelegramRefused, TelegramUnreachable } from '../../src/telegram/errors.js';

const refusal = (name: string) => new TelegramRefused(name, 'auth.signIn');

describe('an error of Telegram’s, as a login’s caller is told of it', () => {
  it.each([
    ['PHONE_NUMBER_INVALID', 'Invalid phone number'],
    ['PHONE_NUMBER_BANNED', 'This phone number is banned by Telegram'],
    ['PHONE_NUMBER_UNOCCUPIED', 'No Telegram account has this phone number'],
    ['PHONE_CODE_EMPTY', 'Invalid OTP code'],
    ['PHONE_CODE_INVALID', 'Invalid OTP code'],
    ['PHONE_CODE_EXPIRED', 'OTP code expired'],
    ['PHONE_CODE_HASH_EMPTY', 'OTP code expired'],
    ['PASSWORD_HASH_INVALID', 'Invalid 2FA password'],
  ])('%s is a bad request: %s', (name, message) => {
    const told = loginRefusal(refusal(name));
    expect(told).toBeInstanceOf(BadRequest);
    expect(told).toMatchObject({ message });
  });

  it.each([
    'SRP_PASSWORD_CHANGED',
    'API_ID_INVALID',
    'API_ID_PUBLISHED_FLOOD',
    'SEND_CODE_UNAVAILABLE',
    'PHONE_PASSWORD_PROTECTED',
  ])('%s is a bad request', (name) => {
    const told = loginRefusal(refusal(name));
    expect(told).toBeInstanceOf(BadRequest);
    expect(told).toMatchObject({ message: expect.stringMatching(/\w/) });
  });

  it.each(['PHONE_NUMBER_FLOOD', 'PHONE_PASSWORD_FLOOD'])('%s is a flood of a day', (name) => {
    const told = loginRefusal(refusal(name));
    expect(told).toBeInstanceOf(TooMany);
    expect(told).toMatchObject({
      retryAfterSeconds: 86_400,
      detail: {
        ...{ error: 'flood_wait', telegram_error: name, wait_seconds: 86_400 },
        message: expect.stringMatching(/\w/),
      },
    });
  });

  it('stays what it is where a login gives it no other meaning', () => {
    for (const error of [
      refusal('AUTH_KEY_UNREGISTERED'),
      new TelegramFlood('FLOOD_WAIT_5', 'auth.sendCode', 5),
      new TelegramUnreachable('PHONE_CODE_INVALID'),
      new Error('PHONE_CODE_INVALID'),
      undefined,
    ])
      expect(loginRefusal(error)).toBe(error);
  });
});

describe('what another session has', () => {
  it.each([
    ['name_taken', 'name'],
    ['phone_taken', 'phone number'],
    ['auth_key_taken', 'auth key'],
  ] as const)('%s is a conflict that names the %s', (kind, shared) => {
    const taken = { kind, sessionId: 5, sessionName: 'bob' };
    const conflict = {
      message: `This ${shared} is taken by bob`,
      detail: { error: kind, session_id: 5, session_name: 'bob' },
    };
    expect(conflictError(taken)).toBeInstanceOf(Conflict);
    expect(conflictError(taken)).toMatchObject(conflict);
    expect(notAdded(taken)).toMatchObject(conflict);
  });

  it('is not the reason where too many logins are under way', () => {
    const refused = notAdded({ kind: 'too_many' });
    expect(refused).toBeInstanceOf(Unavailable);
    expect(refused).toMatchObject({
      retryAfterSeconds: 60,
      detail: { error: 'too_many_logins', message: expect.stringMatching(/\w/) },
    });
  });
});

describe('what a user typed', () => {
  it('is a phone number, or refused', () => {
    expect(parsePhoneNumber('7 (900) 123-45-67')).toBe('+79001234567');
    expect(() => parsePhoneNumber('0900 1234567')).toThrow(BadRequest);
    expect(() => parsePhoneNumber('0900 1234567')).toThrow('Invalid phone number');
  });

  it.each([
    ['12345', '12345'],
    [' 1 2-3\t45\n', '12345'],
    ['Abc-12', 'Abc12'],
    ['слово', 'слово'],
    ['1'.repeat(32), '1'.repeat(32)],
  ])('is a code: %j', (text, code) => {
    expect(parseCode(text)).toBe(code);
  });

  it.each(['', ' - ', '12_45', '12.45', '1'.repeat(33), '<b>'])('is no code: %j', (text) => {
    expect(() => parseCode(text)).toThrow(BadRequest);
    expect(() => parseCode(text)).toThrow('Invalid OTP code');
  });
});
