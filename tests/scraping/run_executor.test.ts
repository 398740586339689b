import { describe, expect, it } from '@jest/globals';
import { RetryBudget } from '../../src/kernel/retry.js';
import type { Timers } from '../../src/kernel/timers.js';
import type { RunOutcome } from '../../src/runs/engine.js';
import { readToEnd } from '../../src/scraping/reader.js';
import { type RecoveryAction, TELEGRAM_RETRY_DELAYS_MS } from '../../src/scraping/recovery.js';

/** The result of reading: it ends, or fails at some message with the action that follows. */
type Reading = 'ends' | { readonly action: RecoveryAction; readonly at: number };

interface Told {
  readonly outcome: RunOutcome | null;
  /** Before each reading but the first, in milliseconds. */
  readonly pauses: readonly number[];
  /** Which readings should resolve the channel again. */
  readonly resolved: readonly boolean[];
  readonly readings: number;
}

const RETRY: RecoveryAction = { kind: 'retry' };

/** Reads to the end, with these results in turn. */
async function read(...readings: readonly Reading[]): Promise<Told> {
  const pauses: number[] = [];
  const timers: Timers = {
    after(milliseconds, action) {
      pauses.push(milliseconds);
      queueMicrotask(action);
      return () => undefined;
    },
  };
  const { signal } = new AbortController();
  const resolved: boolean[] = [];
  const writer = { position: 0 };
  let action: RecoveryAction = RETRY;
  const reader = {
    signal,
    async read(resolveAgain: boolean) {
      const reading = readings[resolved.length] ?? 'ends';
      resolved.push(resolveAgain);
      if (reading === 'ends') return;
      writer.position = reading.at;
      action = reading.action;
      throw new Error('failed');
    },
    recover: async () => action,
  };
  const context = { signal, writer, retryBudget: new RetryBudget(TELEGRAM_RETRY_DELAYS_MS) };
  const outcome = await readToEnd(reader, context, timers);
  return { outcome, pauses, resolved, readings: resolved.length };
}

function failing(action: RecoveryAction, at: number, times: number): Reading[] {
  return Array.from({ length: times }, () => ({ action, at }));
}

describe('reading that fails for a reason unrelated to the session', () => {
  it('continues with the same session, after a pause that doubles', async () => {
    const { outcome, pauses } = await read(...failing(RETRY, 0, 5), 'ends');
    expect(outcome).toEqual({ kind: 'completed' });
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000]);
  });

  it('continues with another session after the sixth time', async () => {
    expect(await read(...failing(RETRY, 0, 9))).toMatchObject({ outcome: null, readings: 6 });
  });

  it('resets the count each time that it made progress', async () => {
    const far = Array.from({ length: 20 }, (_, page) => failing(RETRY, page * 100, 5)).flat();
    const { outcome, pauses } = await read(...far, 'ends');
    expect(outcome).toEqual({ kind: 'completed' });
    expect(pauses).toEqual(Array.from({ length: 20 }, () => [1000, 2000, 4000, 8000, 16_000]).flat());
  });
});

describe('reading that fails otherwise', () => {
  it('sleeps for as long as Telegram says, however often', async () => {
    const { outcome, pauses } = await read(...failing({ kind: 'sleep', seconds: 7 }, 0, 9), 'ends');
    expect(outcome).toEqual({ kind: 'completed' });
    expect(pauses).toEqual(Array(9).fill(7000));
  });

  it('resolves the channel again at once, for that one time', async () => {
    const told = await read(...failing({ kind: 'resolve' }, 0, 1), ...failing(RETRY, 0, 1), 'ends');
    expect(told).toMatchObject({ pauses: [1000], resolved: [false, true, false] });
  });

  it('continues with another session at once, or fails at once', async () => {
    expect(await read(...failing({ kind: 'switch' }, 0, 1))).toMatchObject({ outcome: null, readings: 1 });
    const failed = await read(...failing({ kind: 'fail', message: 'why' }, 0, 1));
    expect(failed).toMatchObject({ outcome: { kind: 'failed', error: 'why' }, readings: 1 });
  });
});
