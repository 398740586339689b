import { describe, expect, it } from '@jest/globals';
import { BadGateway, GatewayTimeout, TooMany } from '../../src/kernel/errors.js';
import {
  isRpcError,
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../src/telegram/errors.js';

describe('an error of Telegram’s', () => {
  it('keeps its name and method where it is a refusal', () => {
    const error = new TelegramRefused('PHONE_CODE_INVALID', 'auth.signIn');
    expect(error).toBeInstanceOf(BadGateway);
    expect(error.detail).toEqual({
      error: 'telegram_error',
      message: 'Telegram answered auth.signIn with PHONE_CODE_INVALID',
      telegram_error: 'PHONE_CODE_INVALID',
      method: 'auth.signIn',
    });
  });

  it('keeps its name, method and seconds where it is a flood; a wait lasts a second at least', () => {
    const error = new TelegramFlood('FLOOD_WAIT_30', 'messages.getHistory', 30);
    expect(error).toBeInstanceOf(TooMany);
    expect(error.retryAfterSeconds).toBe(30);
    expect(error.detail).toMatchObject({
      ...{ error: 'flood_wait', telegram_error: 'FLOOD_WAIT_30', method: 'messages.getHistory' },
      message: 'Telegram asks to wait 30 seconds before the next messages.getHistory',
      wait_seconds: 30,
    });
    expect(new TelegramFlood('FLOOD_WAIT_0', 'messages.getHistory', 0).retryAfterSeconds).toBe(1);
  });

  it('says nothing of the session where Telegram was not reached, or did not answer in time', () => {
    const unreachable = new TelegramUnreachable('the connection broke');
    expect(unreachable).toBeInstanceOf(BadGateway);
    expect(unreachable.detail.error).toBe('telegram_unreachable');
    expect(unreachable.message).toContain('the connection broke');
    const late = new TelegramTimeout('signing in', 30);
    expect(late).toBeInstanceOf(GatewayTimeout);
    expect(late.detail.error).toBe('telegram_timeout');
    expect(late.message).toContain('30 seconds: signing in');
  });

  it('is an answer where it is a refusal or a flood, and only then', () => {
    expect(isRpcError(new TelegramRefused('X', 'y'))).toBe(true);
    expect(isRpcError(new TelegramFlood('X', 'y', 1))).toBe(true);
    expect(isRpcError(new TelegramUnreachable('X'))).toBe(false);
    expect(isRpcError(new TelegramTimeout('X', 1))).toBe(false);
    expect(isRpcError(new TooMany('X', 1, { code: 'x' }))).toBe(false);
    expect(isRpcError(null)).toBe(false);
  });
});
