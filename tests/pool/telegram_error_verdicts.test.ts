import { describe, expect, it } from '@jest/globals';
import { judgeTelegramError } from '../../src/pool/telegram_error_verdicts.js';

const METHOD = 'contacts.resolveUsername';
const TEN_YEARS = 315_360_000;
const RETRY = { action: 'retry', effect: { kind: 'none' }, waitSeconds: null };

function flood(seconds: number, method: string | null) {
  return { kind: 'flood', seconds, method };
}

describe('a flood wait', () => {
  it('of up to a minute for one method means wait', () => {
    expect(judgeTelegramError('FLOOD_WAIT_60', METHOD)).toEqual({
      action: 'wait',
      effect: flood(60, METHOD),
      waitSeconds: 60,
    });
  });

  it('of more than a minute for one method blocks that method: take another session', () => {
    expect(judgeTelegramError('FLOOD_WAIT_61', METHOD)).toEqual({
      action: 'swap',
      effect: flood(61, METHOD),
      waitSeconds: 61,
    });
  });

  it('for an unknown method blocks the whole session, however short', () => {
    for (const method of [null, '', '  ']) {
      expect(judgeTelegramError('FLOOD_WAIT_5', method)).toEqual({
        action: 'swap',
        effect: flood(5, null),
        waitSeconds: 5,
      });
    }
  });

  it('lasts ten years at most', () => {
    for (const digits of ['315360001', '9'.repeat(30), '9'.repeat(400)]) {
      expect(judgeTelegramError(`FLOOD_WAIT_${digits}`, null).effect).toEqual(flood(TEN_YEARS, null));
    }
    expect(judgeTelegramError('FLOOD_WAIT_0', METHOD).effect).toEqual(flood(0, METHOD));
  });

  it('of an account without a subscription only concerns files', () => {
    const verdict = judgeTelegramError('FLOOD_PREMIUM_WAIT_10', null);
    expect(verdict).toEqual({ action: 'wait', effect: flood(10, 'upload.getFile'), waitSeconds: 10 });
    expect(judgeTelegramError('FLOOD_PREMIUM_WAIT_90', 'upload.saveFilePart')).toEqual({
      action: 'swap',
      effect: flood(90, 'upload.saveFilePart'),
      waitSeconds: 90,
    });
  });
});

describe('a limit that is not a flood wait', () => {
  it("in a chat in slow mode is the chat's, not the session's", () => {
    const wait = { action: 'wait', effect: { kind: 'none' }, waitSeconds: 3600 };
    expect(judgeTelegramError('SLOWMODE_WAIT_3600', METHOD)).toEqual(wait);
    expect(judgeTelegramError('SLOWMODE_WAIT_3600', null)).toEqual(wait);
  });

  it("of PEER_FLOOD is the account's: it is limited", () => {
    for (const method of [METHOD, null]) {
      const effect = { kind: 'limit', reason: 'PEER_FLOOD', method };
      expect(judgeTelegramError('PEER_FLOOD', method)).toEqual({ action: 'swap', waitSeconds: null, effect });
    }
  });

  it("of a frozen account is the account's, and names the method that it was refused", () => {
    const freeze = { kind: 'freeze', since: null, until: null, appealUrl: null };
    const verdict = (reason: string, method: string | null) => {
      return { action: 'swap', waitSeconds: null, effect: { ...freeze, reason, method } };
    };
    for (const method of [METHOD, null]) {
      expect(judgeTelegramError('FROZEN_METHOD_INVALID', method)).toEqual(
        verdict('FROZEN_METHOD_INVALID', method),
      );
    }
    // It is about the chat: the method works in others.
    expect(judgeTelegramError('FROZEN_PARTICIPANT_MISSING', METHOD)).toEqual(
      verdict('FROZEN_PARTICIPANT_MISSING', null),
    );
  });
});

describe('a session', () => {
  it.each([
    'AUTH_KEY_DUPLICATED',
    'AUTH_KEY_INVALID',
    'SESSION_REVOKED',
    'SESSION_EXPIRED',
    'USER_DEACTIVATED',
    'USER_DEACTIVATED_BAN',
    'PHONE_NUMBER_BANNED',
  ])('is dead after %s, whatever the method', (error) => {
    const effect = { kind: 'dead', reason: error };
    for (const method of [null, METHOD]) {
      expect(judgeTelegramError(error, method)).toEqual({ action: 'stop', effect, waitSeconds: null });
    }
  });

  it('is only suspected after AUTH_KEY_UNREGISTERED: another call decides', () => {
    const effect = { kind: 'suspect', reason: 'AUTH_KEY_UNREGISTERED' };
    expect(judgeTelegramError('AUTH_KEY_UNREGISTERED', null)).toEqual({
      action: 'retry',
      effect,
      waitSeconds: null,
    });
  });

  it.each([
    'TIMEOUT',
    'Error: connect ECONNREFUSED 149.154.167.50:443',
    '-503 Timeout',
    'INTERDC_2_CALL_ERROR',
    'RPC_CALL_FAIL',
    'PHONE_MIGRATE_2',
    'CHANNEL_INVALID',
    'INPUT_USER_DEACTIVATED',
    'FLOOD_WAIT_-5',
    'PEER_FLOOD_5',
    'FLOOD_WAIT_X',
    'FLOOD_WAIT_5X',
    'X2FLOOD_WAIT_5',
    'постой',
    '',
  ])('is never marked for %j', (error) => {
    expect(judgeTelegramError(error, METHOD)).toEqual(RETRY);
  });
});

describe('the name of an error', () => {
  it.each([
    '420 FLOOD_WAIT_35 (caused by ResolveUsername)',
    '  flood_wait_35\n',
    'RPCError 420: FLOOD_WAIT_35',
    '[420 FLOOD_WAIT_35] - a wait of 35 seconds is required',
  ])('is found in %j', (error) => {
    expect(judgeTelegramError(error, METHOD).effect).toEqual(flood(35, METHOD));
  });

  it('that comes first decides', () => {
    const error = 'RPCError 401: AUTH_KEY_UNREGISTERED (after FLOOD_WAIT_3, SESSION_REVOKED)';
    expect(judgeTelegramError(error, null).effect).toMatchObject({ kind: 'suspect' });
  });

  it('is not searched for in an endless text', () => {
    expect(judgeTelegramError(`${'A'.repeat(5_000_000)} SESSION_REVOKED`, null)).toEqual(RETRY);
  });
});
