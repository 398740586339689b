import { describe, expect, it } from '@jest/globals';
import { afterError, type Circumstances } from '../../src/scraping/after_error.js';
import { LeaseLost } from '../../src/scraping/run_lease.js';
import {
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../src/telegram/errors.js';

const AROUND: Circumstances = { floodSleepMaxSeconds: 60, anySession: true, resolvedAnew: false };
const METHOD = 'messages.getHistory';
const SWAP = { kind: 'swap' };
const AGAIN = { kind: 'again' };

const refused = (telegramError: string) => new TelegramRefused(telegramError, METHOD);
const flood = (seconds: number) => new TelegramFlood(`FLOOD_WAIT_${seconds}`, METHOD, seconds);
const fail = (message: string) => ({ kind: 'fail', message });

describe('after an error, a run', () => {
  it.each<[string, unknown, Partial<Circumstances>, object | null]>([
    ['goes on once more when Telegram can not be reached', new TelegramUnreachable('reset'), {}, AGAIN],
    ['goes on once more when Telegram does not answer', new TelegramTimeout(METHOD, 30), {}, AGAIN],
    ['goes on once more with a file to be read again', refused('FILE_REFERENCE_EXPIRED'), {}, AGAIN],
    ['sleeps through a short flood wait', flood(1), {}, { kind: 'sleep', seconds: 1 }],
    ['sleeps through the longest that may be', flood(60), {}, { kind: 'sleep', seconds: 60 }],
    ['swaps for a second more', flood(61), {}, SWAP],
    ['swaps for any wait where none is to be slept through', flood(1), { floodSleepMaxSeconds: 0 }, SWAP],
    ['swaps when its lease is lost', new LeaseLost('ended'), {}, SWAP],
    ['swaps for what is wrong with the session', refused('AUTH_KEY_UNREGISTERED'), {}, SWAP],
    ['resolves the channel anew', refused('CHANNEL_INVALID'), {}, { kind: 'resolve' }],
    ['swaps when that was of no use', refused('CHANNEL_INVALID'), { resolvedAnew: true }, SWAP],
    [
      'fails when that was of no use, and no other session will do',
      refused('PEER_ID_INVALID'),
      { resolvedAnew: true, anySession: false },
      fail('The session is not in the channel (PEER_ID_INVALID)'),
    ],
    ['swaps where the session is not let in', refused('CHANNEL_PRIVATE'), {}, SWAP],
    [
      'fails where the only session that will do is not let in',
      refused('CHANNEL_PRIVATE'),
      { anySession: false },
      fail('The session is not in the channel (CHANNEL_PRIVATE)'),
    ],
    [
      'fails where there is no such channel',
      refused('USERNAME_NOT_OCCUPIED'),
      {},
      fail('Telegram knows no such channel (USERNAME_NOT_OCCUPIED)'),
    ],
    ['leaves to others what is none of Telegram’s', new Error('other'), {}, null],
  ])('%s', (_what, error, around, step) => {
    expect(afterError(error, { ...AROUND, ...around })).toEqual(step);
  });
});
