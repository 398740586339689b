import { describe, expect, it } from '@jest/globals';
import type { State } from '../../src/prefect/api_types.js';
import {
  attemptOf,
  awaitingRetry,
  flowRunName,
  flowRunParameters,
  idempotencyKey,
  isSameState,
  localRunId,
  prefectState,
} from '../../src/prefect/flow_run_state.js';
import {
  countInLog,
  percentDone,
  progressText,
  resultText,
  runSummary,
} from '../../src/prefect/run_summary.js';
import { NO_FORM } from '../../src/runs/rules.js';
import type { Run } from '../../src/runs/store.js';
import { UNEXPECTED_ERROR } from '../../src/scraping/recovery.js';

const clock = { display: (at: number) => new Date(at) };

const RUN: Run = {
  ...{
    id: 7,
    sourceId: 42,
    state: 'running',
    reason: 'trigger',
    error: null,
    sessionName: null,
    sessions: null,
    ...NO_FORM,
  },
  ...{ waitingSince: null, owner: null, ownedUntil: null, cancelRequested: false, notBefore: null },
  ...{ messagesRead: 50, messagesStored: 40, filesFound: 3, filesDone: 2, filesSkipped: 1, bytesDone: 9_000 },
  ...{ totalMessages: 200, createdAt: 0, startedAt: 0, finishedAt: null },
  ...{ flowRunId: 'f', flowReported: false, flowLogsSent: 0, flowLogsDue: false },
};

describe('the state of a run in Prefect', () => {
  const told = (over: Partial<Run>) => {
    const state = prefectState({ ...RUN, ...over }, clock);
    return state && [state.type, state.name, state.message ?? null];
  };

  it('has its type, and says why', () => {
    expect(told({ state: 'queued' })).toBeNull();
    expect(told({})).toEqual(['RUNNING', 'Running', null]);
    expect(told({ state: 'waiting', waitingSince: 1000 })).toEqual([
      ...['RUNNING', 'Running', 'waiting for a session since 1970-01-01T00:00:01.000Z'],
    ]);
    expect(told({ state: 'completed' })).toEqual(['COMPLETED', 'Completed', '40 new messages, 2 files']);
    expect(told({ state: 'failed', error: 'no such channel' })).toEqual([
      'FAILED',
      'Failed',
      'no such channel',
    ]);
    expect(told({ state: 'failed', error: UNEXPECTED_ERROR })).toEqual([
      'CRASHED',
      'Crashed',
      UNEXPECTED_ERROR,
    ]);
    expect(told({ state: 'cancelled' })).toEqual(['CANCELLED', 'Cancelled', 'the run was cancelled']);
  });

  it('awaits its retry at the time until which it is deferred', () => {
    expect(prefectState({ ...RUN, state: 'deferred', error: 'busy', notBefore: 5000 }, clock)).toEqual({
      ...{ type: 'SCHEDULED', name: 'AwaitingRetry', message: 'busy' },
      state_details: { scheduled_time: '1970-01-01T00:00:05.000Z' },
    });
  });

  it('is the same only with the same message and time', () => {
    const ours = awaitingRetry(new Date(5000), 'busy');
    const theirs = (at: string, message = 'busy') =>
      ({ type: 'SCHEDULED', message, state_details: { scheduled_time: at } }) as State;
    expect(isSameState(theirs('1970-01-01T00:00:05Z'), ours)).toBe(true);
    expect(isSameState(theirs('1970-01-01T00:00:06Z'), ours)).toBe(false);
    expect(isSameState(theirs('1970-01-01T00:00:05Z', 'idle'), ours)).toBe(false);
    expect(isSameState(null, ours)).toBe(false);
  });
});

describe('a flow run that is created here', () => {
  it('is known by its key, which no other source can use', () => {
    expect(localRunId(42, idempotencyKey(RUN))).toBe(7);
    expect(localRunId(4, idempotencyKey(RUN))).toBeNull();
    expect(localRunId(42, null)).toBeNull();
    expect(localRunId(42, `${idempotencyKey(RUN)} `)).toBeNull();
  });

  it('has another key for each attempt, and for a run of the same id in another database', () => {
    const keys = [idempotencyKey(RUN), idempotencyKey(RUN, 2), idempotencyKey({ ...RUN, createdAt: 1 })];
    expect(new Set(keys).size).toBe(3);
    expect(keys.map((key) => localRunId(42, key))).toEqual([7, 7, 7]);
    expect(keys.map(attemptOf)).toEqual([1, 2, 1]);
    expect([attemptOf(null), attemptOf('of somebody')]).toEqual([1, 1]);
  });

  it('has a name that says something, and the parameters of the run', () => {
    const name = flowRunName('News', 'schedule', new Date(Date.UTC(2026, 0, 31, 12)));
    expect(name).toBe('News · schedule · 2026-01-31 12:00:00');
    expect(flowRunName('x'.repeat(500), 'trigger', new Date(0)).length).toBeLessThan(140);
    expect(flowRunParameters(42, NO_FORM)).toEqual({ source_id: 42 });
    expect(flowRunParameters(42, { limit: 5, since: 0, fileTypes: ['pdf'] })).toEqual({
      ...{ source_id: 42, limit: 5, since: '1970-01-01T00:00:00.000Z', file_types: ['pdf'] },
    });
  });
});

describe('what a run did', () => {
  it('is done in percent of the messages that there are, or of its limit', () => {
    expect(percentDone(RUN)).toBe(25);
    expect(percentDone({ ...RUN, limit: 60 })).toBe(83.3);
    expect(percentDone({ ...RUN, totalMessages: null })).toBeNull();
    expect(percentDone({ ...RUN, totalMessages: 0 })).toBe(0);
    expect(percentDone({ ...RUN, messagesRead: 300 })).toBe(100);
    expect(percentDone({ ...RUN, totalMessages: null, state: 'completed' })).toBe(100);
  });

  it('is said in words', () => {
    const run = { ...RUN, messagesRead: 1500, totalMessages: 6000 };
    expect(progressText(run)).toBe('1,500 of 6,000 messages read');
    expect(progressText({ ...run, limit: 2000 })).toBe('1,500 of 2,000 messages read');
    expect(progressText({ ...run, totalMessages: null })).toBe('1,500 messages read');
    const together = { ...run, sessions: ['a', 'b', 'c'] };
    expect(progressText(together)).toBe('1,500 of 6,000 messages read, by 3 sessions');
    expect(resultText({ ...run, messagesStored: 1, filesDone: 2000 })).toBe('1 new message, 2,000 files');
    const summary = runSummary({ ...run, messagesStored: 1400, bytesDone: 3_845_319 }, null, countInLog([]));
    expect(summary).toContain('| Messages | 1,400 stored of 1,500 read; 6,000 to read |');
    expect(summary).toContain('| Bytes | 3,845,319 (3.85 MB) |');
  });

  it('is summed up with its sessions and flood waits, whatever their names', () => {
    const counters = countInLog([
      { message: 'reads with a|b' },
      { message: 'a|b: Telegram asks to wait 30 seconds before the next messages.getHistory' },
      { message: 'reads with c' },
      { message: 'c: Telegram asks to wait 5 seconds before the next messages.getHistory' },
      { message: 'reads with c' },
      { message: 'd e reads as well; 2 sessions: c, d e' },
    ]);
    expect(counters).toEqual({ readers: ['a|b', 'c', 'd e'], floodWaits: 2, floodSeconds: 35 });
    const summary = runSummary({ ...RUN, state: 'completed' }, null, counters);
    expect(summary).toContain('| Sessions used | a\\|b, c, d e |');
    expect(summary).toContain('| Flood waits | 2 (35 seconds in all) |');
    expect(summary).toContain('| Files | 2 stored, 1 skipped of 3 found |');
  });
});
