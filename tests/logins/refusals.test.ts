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
    ['PHONE_NUMBER_INVALID', 'Invalid phone number', 'invalid_phone_number', 'phone_number'],
    ['PHONE_NUMBER_BANNED', 'This phone number is banned by Telegram', 'phone_number_banned', 'phone_number'],
    [
      'PHONE_NUMBER_UNOCCUPIED',
      'No Telegram account has this phone number',
      'phone_number_unoccupied',
      'phone_number',
    ],
    ['PHONE_CODE_EMPTY', 'Invalid OTP code', 'invalid_otp_code', 'code'],
    ['PHONE_CODE_INVALID', 'Invalid OTP code', 'invalid_otp_code', 'code'],
    ['PHONE_CODE_EXPIRED', 'OTP code expired', 'otp_code_expired', 'code'],
    ['PHONE_CODE_HASH_EMPTY', 'OTP code expired', 'otp_code_expired', 'code'],
    ['PASSWORD_HASH_INVALID', 'Invalid 2FA password', 'invalid_password', 'password'],
  ])('%s is a bad request: %s', (name, message, code, field) => {
    const told = loginRefusal(refusal(name));
    expect(told).toBeInstanceOf(BadRequest);
    expect(told).toMatchObject({ message, code, field });
  });

  it.each([
    ['SRP_PASSWORD_CHANGED', 'password_changed', 'password'],
    ['API_ID_INVALID', 'application_refused', 'api_id'],
    ['API_ID_PUBLISHED_FLOOD', 'application_refused', 'api_id'],
    ['SEND_CODE_UNAVAILABLE', 'no_other_code_type', null],
    ['PHONE_PASSWORD_PROTECTED', 'account_recovery_required', null],
  ])('%s is a bad request', (name, code, field) => {
    const told = loginRefusal(refusal(name));
    expect(told).toBeInstanceOf(BadRequest);
    expect(told).toMatchObject({ message: expect.stringMatching(/\w/), code });
    expect((told as BadRequest).field).toBe(field);
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
    const refused = { message: 'Invalid phone number', code: 'invalid_phone_number', field: 'phone_number' };
    expect(() => parsePhoneNumber('0900 1234567')).toThrow(expect.objectContaining(refused));
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
    const refused = { message: 'Invalid OTP code', code: 'invalid_otp_code', field: 'code' };
    expect(() => parseCode(text)).toThrow(expect.objectContaining(refused));
  });
});
