import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/kernel/errors.js';
import { RetryBudget } from '../../src/kernel/retry.js';
import { LeaseLost, RunCancelled, RunLost, ServiceStopping } from '../../src/runs/engine.js';
import {
  afterInterruption,
  allSessionsDenied,
  delayBefore,
  fileRecoveryAfter,
  noSessionFree,
  type RecoveryOptions,
  recoveryAfter,
  TARGET_RETRY_DELAYS_MS,
  TELEGRAM_RETRY_DELAYS_MS,
  telegramUnreachable,
} from '../../src/scraping/recovery.js';
import {
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../src/telegram/errors.js';

const OPTIONS: RecoveryOptions = { floodSleepMaxSeconds: 60, anySession: true, resolvedAgain: false };
const METHOD = 'messages.getHistory';
const SWITCH = { kind: 'switch' };
const RETRY = { kind: 'retry' };
const RESOLVE = { kind: 'resolve' };
const NOW = 1_000_000;

const refused = (telegramError: string) => new TelegramRefused(telegramError, METHOD);
const flood = (seconds: number) => new TelegramFlood(`FLOOD_WAIT_${seconds}`, METHOD, seconds);
const fail = (message: string) => ({ kind: 'fail', message });

describe('after an error, a run', () => {
  it.each<[string, unknown, Partial<RecoveryOptions>, object | null]>([
    ['retries when Telegram cannot be reached', new TelegramUnreachable('reset'), {}, RETRY],
    ['retries when Telegram does not answer', new TelegramTimeout(METHOD, 30), {}, RETRY],
    ['retries with a file to be read again', refused('FILE_REFERENCE_EXPIRED'), {}, RETRY],
    ['sleeps through a short flood wait', flood(1), {}, { kind: 'sleep', seconds: 1 }],
    ['sleeps through the longest that may be', flood(60), {}, { kind: 'sleep', seconds: 60 }],
    ['switches for a second more', flood(61), {}, SWITCH],
    [
      'switches for any wait where none is to be slept through',
      flood(1),
      { floodSleepMaxSeconds: 0 },
      SWITCH,
    ],
    ['switches when its lease is lost', new LeaseLost('ended'), {}, SWITCH],
    ['switches for what is wrong with the session', refused('AUTH_KEY_UNREGISTERED'), {}, SWITCH],
    [
      'switches for that also where no other session will do',
      refused('AUTH_KEY_UNREGISTERED'),
      { anySession: false, resolvedAgain: true },
      SWITCH,
    ],
    ['leaves to others what is none of Telegram’s', new Error('other'), {}, null],
    ['leaves to others what is no error', 'FILE_REFERENCE_EXPIRED', {}, null],
  ])('%s', (_what, error, options, action) => {
    expect(recoveryAfter(error, { ...OPTIONS, ...options })).toEqual(action);
  });

  it.each(['USERNAME_NOT_OCCUPIED', 'USERNAME_INVALID', 'CHANNEL_PUBLIC_GROUP_NA'])(
    'fails where there is no such channel (%s)',
    (telegramError) => {
      const action = recoveryAfter(refused(telegramError), OPTIONS);
      expect(action).toEqual(fail(`Telegram knows no such channel (${telegramError})`));
    },
  );

  it.each(['CHANNEL_PRIVATE', 'CHAT_ADMIN_REQUIRED', 'USER_BANNED_IN_CHANNEL'])(
    'switches where the session has no access (%s), and fails where no other will do',
    (telegramError) => {
      const action = (options: Partial<RecoveryOptions>) =>
        recoveryAfter(refused(telegramError), { ...OPTIONS, ...options });
      expect(action({})).toEqual(SWITCH);
      expect(action({ resolvedAgain: true })).toEqual(SWITCH);
      expect(action({ anySession: false })).toEqual(
        fail(`The session is not a member of the channel (${telegramError})`),
      );
    },
  );

  it.each(['CHANNEL_INVALID', 'PEER_ID_INVALID', 'CHAT_ID_INVALID'])(
    'resolves the channel again (%s), and where that did not help does as without access',
    (telegramError) => {
      const action = (options: Partial<RecoveryOptions>) =>
        recoveryAfter(refused(telegramError), { ...OPTIONS, ...options });
      expect(action({})).toEqual(RESOLVE);
      expect(action({ anySession: false })).toEqual(RESOLVE);
      expect(action({ resolvedAgain: true })).toEqual(SWITCH);
      expect(action({ resolvedAgain: true, anySession: false })).toEqual(
        fail(`The session is not a member of the channel (${telegramError})`),
      );
    },
  );
});

describe('the reader that continues', () => {
  const delayOf = (action: Parameters<typeof delayBefore>[0], budget = new RetryBudget([5]), position = 0) =>
    delayBefore(action, budget, position);

  it('waits as long as Telegram says, or not at all to resolve the channel again', () => {
    expect(delayOf({ kind: 'sleep', seconds: 7 })).toBe(7_000);
    expect(delayOf({ kind: 'resolve' })).toBe(0);
  });

  it('waits by the budget for retries, which progress renews, and is another once that is exhausted', () => {
    const budget = new RetryBudget([5]);
    expect(delayOf({ kind: 'retry' }, budget, 100)).toBe(5);
    expect(delayOf({ kind: 'retry' }, budget, 101)).toBe(5);
    expect(delayOf({ kind: 'retry' }, budget, 101)).toBeNull();
  });

  it('is another after a switch', () => {
    expect(delayOf({ kind: 'switch' })).toBeNull();
  });
});

describe('after the error of its download, a file', () => {
  const skip = (telegramError: string) => ({
    kind: 'skip',
    reason: `Telegram refuses it (${telegramError})`,
  });

  it.each(['FILE_REFERENCE_EXPIRED', 'FILE_REFERENCE_0_INVALID'])(
    'is read again where it is stale (%s), once, and then skipped',
    (telegramError) => {
      expect(fileRecoveryAfter(refused(telegramError), false)).toEqual({ kind: 'read_again' });
      expect(fileRecoveryAfter(refused(telegramError), true)).toEqual(skip(telegramError));
    },
  );

  it.each(['FILE_ID_INVALID', 'LOCATION_INVALID'])('is skipped where nobody can have it (%s)', (error) => {
    for (const readAgain of [false, true]) {
      expect(fileRecoveryAfter(refused(error), readAgain)).toEqual(skip(error));
    }
  });

  it.each([
    ['another refusal', refused('AUTH_KEY_UNREGISTERED')],
    ['one that mentions files', refused('MY_FILE_ID_INVALID')],
    ['one of another location', refused('LOCATION_INVALID_TOO')],
    ['one of a location that is not its own', refused('NEW_LOCATION_INVALID')],
    ['a flood', flood(1)],
    ['what is none of Telegram’s', new Error('FILE_ID_INVALID')],
  ])('ends its page for %s', (_what, error) => {
    for (const readAgain of [false, true]) {
      expect(fileRecoveryAfter(error, readAgain)).toEqual({ kind: 'fail' });
    }
  });
});

function delays(budget: RetryBudget, progress: number, count: number): (number | null)[] {
  return Array.from({ length: count }, () => budget.delayAfterFailure(progress));
}

describe('a target that fails', () => {
  it('is tried again after delays that double, and given up after the twentieth time', () => {
    const waited = delays(new RetryBudget(TARGET_RETRY_DELAYS_MS), 100, 20);
    expect(waited.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]);
    expect(waited.slice(18)).toEqual([32_000, null]);
  });

  it('is never given up while something is stored between failures', () => {
    const budget = new RetryBudget(TARGET_RETRY_DELAYS_MS);
    for (let progress = 0; progress < 100; progress += 1) {
      expect(budget.delayAfterFailure(progress)).toBe(1000);
    }
    expect(delays(budget, 100, 20)).toContain(null);
  });
});

describe('Telegram that fails', () => {
  it('is tried again after delays that double, and given up after the sixth time', () => {
    const budget = new RetryBudget(TELEGRAM_RETRY_DELAYS_MS);
    expect(delays(budget, 100, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(budget.isExhausted).toBe(false);
    expect(budget.delayAfterFailure(100)).toBeNull();
    expect(budget.isExhausted).toBe(true);
  });

  it('is reset once the run has made progress', () => {
    const budget = new RetryBudget(TELEGRAM_RETRY_DELAYS_MS);
    delays(budget, 100, 5);
    expect(budget.delayAfterFailure(101)).toBe(1000);
    expect(budget.isExhausted).toBe(false);
  });

  it('defers the run that has given up, by half a minute', () => {
    expect(telegramUnreachable(NOW)).toEqual({
      ...{ kind: 'deferred', error: "Telegram can't be reached", notBefore: NOW + 30_000 },
    });
  });
});

describe('a run without a reader', () => {
  const NONE = { free: 0, leased: 0, cooldown: 0, flood: 0, used_up: 0 };

  it('queues again in a moment where no session came free', () => {
    expect(noSessionFree(NOW)).toEqual({
      ...{ kind: 'deferred', error: 'no session is free', notBefore: NOW + 1_000 },
    });
  });

  it.each(['free', 'leased', 'cooldown', 'flood', 'used_up'] as const)(
    'is tried again later while a session that was not tried is %s',
    (state) => {
      expect(allSessionsDenied({ ...NONE, [state]: 3 }, 2, NOW)).toEqual({
        kind: 'deferred',
        error: '1 sessions that were not tried are not free',
        notBefore: NOW + 30_000,
      });
    },
  );

  it.each([
    [{ ...NONE, free: 2 }, 2],
    [{ ...NONE, free: 1 }, 2],
    [{ free: 1, leased: 1, cooldown: 1, flood: 1, used_up: 1 }, 5],
  ])('fails where all sessions were tried (%j, %d tried)', (states, tried) => {
    expect(allSessionsDenied(states, tried, NOW)).toEqual({
      ...{ kind: 'failed', error: `None of the sessions has access to the channel (${tried} tried)` },
    });
  });
});

describe('a run that is interrupted', () => {
  const deferred = (error: string, notBefore: number) => ({ kind: 'deferred', error, notBefore });

  it.each<[string, unknown, object]>([
    ['is left to whoever has it by now', new RunLost(1), { kind: 'released' }],
    ['ends when somebody cancelled it', new RunCancelled(), { kind: 'cancelled' }],
    [
      'continues at once elsewhere when the service stops',
      new ServiceStopping(),
      deferred('the service stopped', NOW),
    ],
    [
      'continues in a second when the service was not available',
      new Unavailable({ error: 'storage_unavailable' }, 5),
      deferred('the service or its database was not available', NOW + 1_000),
    ],
    [
      'fails for anything else, of which it tells nothing',
      new Error('secret'),
      { kind: 'failed', error: 'an unexpected error; see the service log' },
    ],
    [
      'fails also for what is no error',
      undefined,
      { kind: 'failed', error: 'an unexpected error; see the service log' },
    ],
  ])('%s', (_what, reason, after) => {
    expect(afterInterruption(reason, NOW)).toEqual(after);
  });
});
