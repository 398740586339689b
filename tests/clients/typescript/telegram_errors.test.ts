import { describe, expect, it } from '@jest/globals';
import { tl } from '@mtcute/node';
import { errors as gramJs } from 'telegram';
import teleproto from 'teleproto';
import { telegramError } from '../../../clients/typescript/src/telegram_errors.js';

const request = { className: 'messages.GetHistory' };

/** The error that each library raises for this answer of Telegram's. */
function raised(errorCode: number, errorMessage: string) {
  const answer = { errorCode, errorMessage };
  return {
    gramJs: gramJs.RPCMessageToError(answer as never, request as never),
    teleproto: teleproto.errors.RPCMessageToError(answer as never, request as never),
    mtcute: tl.RpcError.fromTl({ _: 'mt_rpc_error', ...answer }),
  };
}

const NAMES: readonly (readonly [number, string])[] = [
  [420, 'FLOOD_WAIT_3600'],
  [420, 'SLOWMODE_WAIT_60'],
  [400, 'PEER_FLOOD'],
  [420, 'FROZEN_METHOD_INVALID'],
  [406, 'AUTH_KEY_DUPLICATED'],
  [401, 'AUTH_KEY_UNREGISTERED'],
  [401, 'SESSION_REVOKED'],
  [401, 'SESSION_EXPIRED'],
  [401, 'USER_DEACTIVATED'],
  [401, 'USER_DEACTIVATED_BAN'],
  [400, 'PHONE_NUMBER_BANNED'],
  [400, 'CHANNEL_INVALID'],
];

describe("Telegram's error in what a library raises", () => {
  it.each(NAMES)('%s %s has its own name in all of them', (code, name) => {
    const { gramJs, teleproto, mtcute } = raised(code, name);
    const method = 'messages.GetHistory';
    expect(telegramError(gramJs)).toEqual({ error: name, method });
    expect(telegramError(teleproto)).toEqual({ error: name, method });
    expect(telegramError(mtcute)).toEqual({ error: name, method: null });
  });

  it('is a flood wait of the method where GramJS loses the name of a flood of downloads', () => {
    const { gramJs, teleproto, mtcute } = raised(420, 'FLOOD_PREMIUM_WAIT_10');
    expect(telegramError(gramJs)).toEqual({ error: 'FLOOD_WAIT_10', method: 'messages.GetHistory' });
    expect(telegramError(teleproto)?.error).toBe('FLOOD_PREMIUM_WAIT_10');
    expect(telegramError(mtcute)).toEqual({ error: 'FLOOD_PREMIUM_WAIT_10', method: 'upload.getFile' });
  });

  it('is found within the causes of another error', () => {
    const { gramJs } = raised(420, 'FLOOD_WAIT_9');
    const wrapped = new Error('page 7 failed', { cause: new Error('no page', { cause: gramJs }) });
    expect(telegramError(wrapped)?.error).toBe('FLOOD_WAIT_9');
    const endless: { cause?: unknown } = {};
    endless.cause = endless;
    expect(telegramError(endless)).toBeNull();
  });

  it('is found in text', () => {
    const text = '420: FLOOD_WAIT_35 (caused by messages.Search)';
    expect(telegramError(text)).toEqual({ error: 'FLOOD_WAIT_35', method: 'messages.Search' });
    expect(telegramError('SESSION_REVOKED')).toEqual({ error: 'SESSION_REVOKED', method: null });
  });

  it.each([
    new Error('FLOOD of requests'),
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104 }),
    new TypeError('FLOOD_WAIT_30 is not a function'),
    Object.assign(new Error('timeout'), { code: 408, text: 'Request Timeout' }),
    'connection closed',
    null,
    undefined,
    42,
  ])('is nothing in %p', (error) => {
    expect(telegramError(error)).toBeNull();
  });
});
