import { describe, expect, it } from '@jest/globals';
import type { NextStep } from '../../src/scraping/after_error.js';
import { readWith } from '../../src/scraping/course.js';
import type { RunOutcome } from '../../src/scraping/engine.js';
import { RetryBudget, TELEGRAM_RETRIES } from '../../src/scraping/retry_budget.js';
import type { Timers } from '../../src/timers.js';

/** What comes of reading: it ends, or it fails with what is to be done then, at some message. */
type Reading = 'ends' | { readonly step: NextStep; readonly at: number };

interface Told {
  readonly outcome: RunOutcome | null;
  /** Before each reading but the first, in milliseconds. */
  readonly pauses: readonly number[];
  /** Which readings were to resolve the channel anew. */
  readonly anew: readonly boolean[];
  readonly readings: number;
}

const AGAIN: NextStep = { kind: 'again' };

/** Reads as often as it is wanted, with what comes of it one after the other. */
async function read(...readings: readonly Reading[]): Promise<Told> {
  const pauses: number[] = [];
  const timers: Timers = {
    after(milliseconds, action) {
      pauses.push(milliseconds);
      queueMicrotask(action);
      return () => undefined;
    },
  };
  const anew: boolean[] = [];
  const storing = { position: 0 };
  let step: NextStep = AGAIN;
  const reader = {
    async read(isAnew: boolean) {
      const reading = readings[anew.length] ?? 'ends';
      anew.push(isAnew);
      if (reading === 'ends') return;
      storing.position = reading.at;
      step = reading.step;
      throw new Error('failed');
    },
    judge: async () => step,
  };
  const { signal } = new AbortController();
  const course = { signal, storing, retryBudget: new RetryBudget(TELEGRAM_RETRIES) };
  const outcome = await readWith(reader, course, timers, signal);
  return { outcome, pauses, anew, readings: anew.length };
}

function failing(step: NextStep, at: number, times: number): Reading[] {
  return Array.from({ length: times }, () => ({ step, at }));
}

describe('reading that fails for a reason that says nothing of the session', () => {
  it('goes on with the same session, after a pause that doubles', async () => {
    const { outcome, pauses } = await read(...failing(AGAIN, 0, 5), 'ends');
    expect(outcome).toEqual({ kind: 'completed' });
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000]);
  });

  it('is another’s after the sixth time', async () => {
    expect(await read(...failing(AGAIN, 0, 9))).toMatchObject({ outcome: null, readings: 6 });
  });

  it('counts from the beginning each time that it got further', async () => {
    const far = Array.from({ length: 20 }, (_, page) => failing(AGAIN, page * 100, 5)).flat();
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

  it('resolves the channel anew at once, for that one time', async () => {
    const told = await read(...failing({ kind: 'resolve' }, 0, 1), ...failing(AGAIN, 0, 1), 'ends');
    expect(told).toMatchObject({ pauses: [1000], anew: [false, true, false] });
  });

  it('is another’s at once, or fails at once', async () => {
    expect(await read(...failing({ kind: 'swap' }, 0, 1))).toMatchObject({ outcome: null, readings: 1 });
    const failed = await read(...failing({ kind: 'fail', message: 'why' }, 0, 1));
    expect(failed).toMatchObject({ outcome: { kind: 'failed', error: 'why' }, readings: 1 });
  });
});
