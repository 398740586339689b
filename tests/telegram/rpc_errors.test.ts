import { describe, expect, it, test } from '@jest/globals';
import { TelegramFlood, TelegramRefused, TelegramUnreachable } from '../../src/telegram/errors.js';
import {
  isRefusal,
  methodName,
  migrationTarget,
  namedError,
  RpcError,
  UNKNOWN_KEY,
} from '../../src/telegram/gramjs/rpc_errors.js';

test.each([
  ['auth.SignIn', 'auth.signIn'],
  ['messages.GetHistory', 'messages.getHistory'],
  ['InvokeWithLayer', 'invokeWithLayer'],
])('GramJS class %s calls the method %s', (className, method) => {
  expect(methodName(className)).toBe(method);
});

describe('an answer of Telegram’s that is an error', () => {
  it.each([
    ['FLOOD_WAIT_30', 30],
    ['FLOOD_PREMIUM_WAIT_7', 7],
    ['FLOOD_TEST_PHONE_WAIT_86400', 86_400],
  ])('%s is a flood of %i seconds', (name, seconds) => {
    const error = namedError(new RpcError(name), 'messages.getHistory');
    expect(error).toBeInstanceOf(TelegramFlood);
    expect(error).toMatchObject({
      ...{ telegramError: name, method: 'messages.getHistory', retryAfterSeconds: seconds },
      detail: { error: 'flood_wait', telegram_error: name, wait_seconds: seconds },
    });
  });

  it.each([
    'SLOWMODE_WAIT_60',
    'FLOOD_WAIT_',
    'FLOOD_WAIT_X',
    'FLOOD_OTHER_WAIT_5',
    'X_FLOOD_WAIT_5',
    'FLOOD_WAIT_5_X',
    'PEER_FLOOD',
    'AUTH_KEY_UNREGISTERED',
  ])('%s is a refusal by its name', (name) => {
    const error = namedError(new RpcError(name), 'users.getUsers');
    expect(error).toBeInstanceOf(TelegramRefused);
    expect(error).toMatchObject({
      ...{ telegramError: name, method: 'users.getUsers' },
      detail: { error: 'telegram_error', telegram_error: name, method: 'users.getUsers' },
    });
  });

  it('is told from others by its name, whatever its message says', () => {
    expect(new RpcError('AUTH_RESTART')).toMatchObject({ name: 'RpcError', telegramError: 'AUTH_RESTART' });
    const error = new TelegramRefused('AUTH_RESTART', 'auth.sendCode');
    expect(isRefusal(error, 'AUTH_RESTART')).toBe(true);
    expect(isRefusal(error, 'AUTH')).toBe(false);
    expect(isRefusal(new TelegramUnreachable('AUTH_RESTART'), 'AUTH_RESTART')).toBe(false);
    expect(isRefusal(new TelegramFlood('AUTH_RESTART', 'auth.sendCode', 1), 'AUTH_RESTART')).toBe(false);
  });
});

it('has Telegram’s name for an unknown key, whatever was called', () => {
  expect(namedError(new RpcError(UNKNOWN_KEY), 'users.getUsers').telegramError).toBe('AUTH_KEY_UNREGISTERED');
});

describe('a migration', () => {
  it.each([
    ['PHONE_MIGRATE_2', 2],
    ['NETWORK_MIGRATE_4', 4],
    ['PHONE_MIGRATE_12', 12],
  ])('%s leads to data centre %i', (name, dcId) => {
    const error = new TelegramRefused(name, 'auth.sendCode');
    expect(migrationTarget(error, ['PHONE', 'NETWORK'])).toBe(dcId);
  });

  it.each(['FILE_MIGRATE_2', 'PHONE_MIGRATE_', 'PHONE_MIGRATE_X', 'X_PHONE_MIGRATE_2', 'PHONE_MIGRATE_2_X'])(
    '%s is none of those asked for',
    (name) => {
      expect(migrationTarget(new TelegramRefused(name, 'auth.sendCode'), ['PHONE', 'NETWORK'])).toBeNull();
    },
  );

  it('is an answer of Telegram’s, and no other error', () => {
    expect(migrationTarget(new TelegramUnreachable('PHONE_MIGRATE_2'), ['PHONE'])).toBeNull();
    expect(migrationTarget(new Error('PHONE_MIGRATE_2'), ['PHONE'])).toBeNull();
    expect(migrationTarget(new TelegramFlood('PHONE_MIGRATE_2', 'auth.sendCode', 1), ['PHONE'])).toBeNull();
  });
});
