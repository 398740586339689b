import { describe, expect, it } from '@jest/globals';
import {
  exponentialDelay,
  exponentialDelays,
  RetryBudget,
  sleep,
  withJitter,
  withRetry,
} from '../../src/kernel/retry.js';
import type { Timers } from '../../src/kernel/timers.js';

/** Timers that note each delay and fire at once, unless they are to stand still. */
function timersOf(fires = true) {
  const delays: number[] = [];
  let cancelled = 0;
  const timers: Timers = {
    after(milliseconds, action) {
      delays.push(milliseconds);
      if (fires) queueMicrotask(action);
      return () => {
        cancelled += 1;
      };
    },
  };
  return { timers, delays, cancelled: () => cancelled };
}

/** Work that fails so many times before it succeeds, each time with an error that says how often it was tried. */
function failing(times: number) {
  let tried = 0;
  return async () => {
    tried += 1;
    if (tried <= times) throw new Error(`failure ${tried}`);
    return `success after ${tried}`;
  };
}

describe('exponential delays', () => {
  it.each([
    [
      [4, 100],
      [100, 200, 400, 800],
    ],
    [
      [4, 100, 300],
      [100, 200, 300, 300],
    ],
    [
      [2, 100, 50],
      [50, 50],
    ],
    [[0, 100], []],
  ] as const)('of %j are %j', ([count, firstMs, maxMs], delays) => {
    expect(exponentialDelays(count, firstMs, maxMs)).toEqual(delays);
  });
});

describe('an exponential delay', () => {
  it.each([
    [0, 50],
    [1, 100],
    [6, 3_200],
    [7, 5_000],
    [5_000, 5_000],
  ])('after %d earlier ones is %d ms', (earlier, delay) => {
    expect(exponentialDelay(earlier, 50, 5_000)).toBe(delay);
  });
});

describe('a delay with jitter', () => {
  it.each([
    [0, 500],
    [0.5, 750],
    [1, 1000],
  ])('of 1,000 ms is, where chance says %d, %d ms', (chance, delay) => {
    expect(withJitter(1_000, () => chance)).toBe(delay);
  });
});

describe('a retry budget', () => {
  it('gives one delay after another, and then none', () => {
    const budget = new RetryBudget([10, 20]);
    const delays = [1, 2, 3, 4].map(() => [budget.delayAfterFailure(), budget.isExhausted]);
    expect(delays).toEqual([
      [10, false],
      [20, false],
      [null, true],
      [null, true],
    ]);
  });

  it('is exhausted neither before a failure nor without delays', () => {
    expect(new RetryBudget([10]).isExhausted).toBe(false);
    const none = new RetryBudget([]);
    expect(none.isExhausted).toBe(false);
    expect(none.delayAfterFailure()).toBeNull();
    expect(none.isExhausted).toBe(true);
  });

  it('starts again with each progress, and only then', () => {
    const budget = new RetryBudget([10, 20]);
    const progress = [0, 0, 7, 7, 7, 8, 7];
    expect(progress.map((at) => budget.delayAfterFailure(at))).toEqual([10, 20, 10, 20, null, 10, 10]);
    expect(budget.isExhausted).toBe(false);
  });
});

describe('work with retries', () => {
  it('is tried until it succeeds, after the delays that each failure asks for', async () => {
    const { timers, delays } = timersOf();
    const asked: string[] = [];
    const delayAfter = (error: unknown) => asked.push(String(error)) * 100;
    expect(await withRetry(failing(2), { delayAfter, timers })).toBe('success after 3');
    expect(asked).toEqual(['Error: failure 1', 'Error: failure 2']);
    expect(delays).toEqual([100, 200]);
  });

  it('is not tried again where it succeeds', async () => {
    const { timers, delays } = timersOf();
    expect(await withRetry(failing(0), { delayAfter: () => 1, timers })).toBe('success after 1');
    expect(delays).toEqual([]);
  });

  it('fails with its last error once there is no delay, which may take time to decide', async () => {
    const { timers, delays } = timersOf();
    const budget = new RetryBudget([5, 0]);
    const delayAfter = async () => budget.delayAfterFailure();
    await expect(withRetry(failing(9), { delayAfter, timers })).rejects.toThrow('failure 3');
    expect(delays).toEqual([5, 0]);
  });

  it('fails with what the decision throws', async () => {
    const delayAfter = () => {
      throw new Error('undecided');
    };
    await expect(withRetry(failing(1), { delayAfter, ...timersOf() })).rejects.toThrow('undecided');
  });

  it('ends with the signal while it waits', async () => {
    const { timers } = timersOf(false);
    const end = new AbortController();
    const ending = withRetry(failing(1), { delayAfter: () => 10, timers, signal: end.signal });
    end.abort(new Error('ended'));
    await expect(ending).rejects.toThrow('ended');
  });
});

describe('sleep', () => {
  it('ends after its time, and then listens to nothing', async () => {
    const { timers, delays, cancelled } = timersOf();
    const end = new AbortController();
    await sleep(timers, 30, end.signal);
    end.abort(new Error('ended'));
    expect(delays).toEqual([30]);
    expect(cancelled()).toBe(0);
  });

  it('is ended by its signal, at once or later, and stops its timer', async () => {
    const { timers, cancelled } = timersOf(false);
    await expect(sleep(timers, 30, AbortSignal.abort(new Error('ended')))).rejects.toThrow('ended');
    expect(cancelled()).toBe(1);
    const end = new AbortController();
    const sleeping = sleep(timers, 30, end.signal);
    end.abort(new Error('ended later'));
    await expect(sleeping).rejects.toThrow('ended later');
    expect(cancelled()).toBe(2);
  });
});
