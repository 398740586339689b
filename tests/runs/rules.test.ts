import { describe, expect, it } from '@jest/globals';
import {
  addedBy,
  cancelled,
  checkBatch,
  deferred,
  ended,
  isReportedState,
  keptFile,
  loggable,
  marked,
  NO_FORM,
  NOTHING_STORED,
  progressed,
  scrapedFile,
  taken,
  unreportedIfChanged,
} from '../../src/runs/rules.js';
import type { Run, RunLogEntry, ScrapedFile, StoredBatch } from '../../src/runs/store.js';

const NOW = 1_000_000;
const PROGRESS = {
  ...{ messagesRead: 1, messagesStored: 2, filesFound: 3, filesDone: 4, filesSkipped: 5, bytesDone: 6 },
};
const QUEUED: Run = {
  ...{
    id: 1,
    sourceId: 2,
    state: 'queued',
    reason: 'trigger',
    error: null,
    sessionName: null,
    sessions: null,
    waitingSince: null,
  },
  ...{ owner: null, ownedUntil: null, cancelRequested: false, notBefore: null, createdAt: 0 },
  ...{ startedAt: null, finishedAt: null, ...PROGRESS, totalMessages: null, ...NO_FORM },
  ...{ flowRunId: null, flowReported: true, flowLogsSent: 0, flowLogsDue: false },
};
const FILE: ScrapedFile = {
  ...{ messageId: 5, path: 'files/5_a.pdf', name: 'a.pdf', mimeType: 'application/pdf', sizeBytes: 7 },
  ...{ sha256: 'ab'.repeat(32), state: 'stored', reason: null },
};

describe('a run that is taken', () => {
  it('is its owner’s, and has started', () => {
    expect(taken(QUEUED, 'me', NOW + 5, NOW)).toEqual({
      ...{ state: 'running', owner: 'me', ownedUntil: NOW + 5, notBefore: null, error: null },
      ...{ sessions: null, waitingSince: null, startedAt: NOW },
    });
  });

  it('started when it was taken first', () => {
    expect(taken({ ...QUEUED, startedAt: 7 }, 'me', NOW + 5, NOW)).toMatchObject({ startedAt: 7 });
  });
});

describe('a run that is marked', () => {
  it('waits since it began to, with the session named that it used last', () => {
    const run = { ...QUEUED, sessionName: 'ada' };
    expect(marked(run, 'waiting', null, NOW)).toEqual({
      ...{ state: 'waiting', sessionName: 'ada', sessions: null, waitingSince: NOW },
    });
    expect(marked({ ...run, waitingSince: 0 }, 'waiting', null, NOW).waitingSince).toBe(0);
  });

  it('waits no longer when it runs', () => {
    expect(marked({ ...QUEUED, waitingSince: 7, sessionName: 'ada' }, 'running', 'ben', NOW)).toEqual({
      ...{ state: 'running', sessionName: 'ben', sessions: ['ben'], waitingSince: null },
    });
  });
});

describe('the end of a run', () => {
  it('is deferred without an owner, and still waits since it did', () => {
    const change = deferred('why', NOW);
    expect(change).toEqual({
      ...{ state: 'deferred', error: 'why', notBefore: NOW, owner: null, ownedUntil: null, sessions: null },
    });
  });

  it.each(['completed', 'failed', 'cancelled'] as const)('is final where it is %s', (end) => {
    expect(ended(end, null, NOW)).toEqual({
      ...{ state: end, error: null, notBefore: null, owner: null, ownedUntil: null },
      ...{ sessions: null, waitingSince: null, finishedAt: NOW },
    });
  });

  it('has an error of at most 2,000 characters, which every database can store', () => {
    for (const change of [deferred('x'.repeat(2_001), NOW), ended('failed', 'x'.repeat(2_001), NOW)]) {
      expect(change.error).toBe(`${'x'.repeat(1_999)}…`);
    }
    expect(deferred('x'.repeat(2_000), NOW).error).toBe('x'.repeat(2_000));
    expect(ended('failed', 'a\0', NOW).error).toBe('a\uFFFD');
  });
});

describe('a run that is cancelled', () => {
  const ENDED = { ...ended('cancelled', null, NOW), cancelRequested: true };

  it('ends at once where nobody executes it', () => {
    expect(cancelled(QUEUED, NOW)).toEqual(ENDED);
    expect(cancelled({ ...QUEUED, ownedUntil: NOW - 1 }, NOW)).toEqual(ENDED);
    expect(cancelled({ ...QUEUED, ownedUntil: NOW }, NOW)).toEqual(ENDED);
  });

  it('is asked to end where somebody does', () => {
    expect(cancelled({ ...QUEUED, ownedUntil: NOW + 1 }, NOW)).toEqual({ cancelRequested: true });
  });

  it('is none that has ended', () => {
    expect(cancelled({ ...QUEUED, finishedAt: 0 }, NOW)).toBeNull();
    expect(cancelled({ ...QUEUED, finishedAt: 0, ownedUntil: NOW + 1 }, NOW)).toBeNull();
  });
});

describe('the log of a run', () => {
  const entry = (message: string, at = 0): RunLogEntry => ({ at, level: 'info', message });

  it('keeps the newest 10,000 of the entries', () => {
    const entries = Array.from({ length: 10_001 }, (_, at) => entry('x', at));
    const kept = loggable(entries);
    expect(kept).toHaveLength(10_000);
    expect(kept[0]).toEqual(entries[1]);
    expect(loggable(entries.slice(1))).toEqual(entries.slice(1));
  });

  it('truncates messages, and keeps only what every database can store', () => {
    expect(loggable([entry('x'.repeat(2_001)), entry('a\0')]).map(({ message }) => message)).toEqual([
      `${'x'.repeat(1_999)}…`,
      'a\uFFFD',
    ]);
  });
});

describe('a batch', () => {
  const at = (lastMessageId: number) => ({ lastMessageId, monthPath: null, monthBytes: 0 });
  const batch = (lastMessageId: number, over: Partial<StoredBatch> = {}): StoredBatch => ({
    ...{ checkpoint: at(lastMessageId), files: [], progress: {} },
    ...over,
  });

  it('moves the source forward, or leaves it where it is', () => {
    expect(NOTHING_STORED).toEqual({ lastMessageId: 0, monthPath: null, monthBytes: 0 });
    expect(() => checkBatch(at(5), batch(6))).not.toThrow();
    expect(() => checkBatch(at(5), batch(5))).not.toThrow();
    expect(() => checkBatch(at(5), batch(4))).toThrow('a checkpoint moves forward only: 4 is before 5');
  });

  it('has one file of each message', () => {
    const two = [FILE, { ...FILE, messageId: 6 }];
    expect(() => checkBatch(at(0), batch(6, { files: two }))).not.toThrow();
    expect(() => checkBatch(at(0), batch(6, { files: [...two, FILE] }))).toThrow(
      'a message has at most one file',
    );
  });

  it('adds what it says, and nothing that it does not', () => {
    expect(addedBy(at(5), batch(6, { progress: PROGRESS }))).toEqual(PROGRESS);
    const none = { messagesStored: 0, filesFound: 0, filesDone: 0, filesSkipped: 0, bytesDone: 0 };
    expect(addedBy(at(5), batch(6, { progress: { messagesRead: 2 } }))).toEqual({ ...none, messagesRead: 2 });
  });

  it('adds nothing when it is stored again, which its messages show', () => {
    const none = {
      messagesRead: 0,
      messagesStored: 0,
      filesFound: 0,
      filesDone: 0,
      filesSkipped: 0,
      bytesDone: 0,
    };
    expect(addedBy(at(6), batch(6, { progress: PROGRESS }))).toEqual(none);
    const withoutMessages = { ...PROGRESS, messagesRead: 0 };
    expect(addedBy(at(6), batch(6, { progress: withoutMessages }))).toEqual(withoutMessages);
  });

  it('adds to each count of the run', () => {
    const added = {
      ...{
        messagesRead: 10,
        messagesStored: 20,
        filesFound: 30,
        filesDone: 40,
        filesSkipped: 50,
        bytesDone: 60,
      },
    };
    expect(progressed(PROGRESS, added)).toEqual({
      ...{
        messagesRead: 11,
        messagesStored: 22,
        filesFound: 33,
        filesDone: 44,
        filesSkipped: 55,
        bytesDone: 66,
      },
    });
  });
});

describe('a file in the database', () => {
  it('comes out as it went in', () => {
    const skipped: ScrapedFile = { ...FILE, path: null, sha256: null, state: 'skipped', reason: 'too large' };
    for (const file of [FILE, skipped]) expect(scrapedFile(keptFile(file))).toEqual(file);
    expect(keptFile(FILE).sha256).toEqual(Buffer.from('ab'.repeat(32), 'hex'));
    expect(keptFile(skipped)).toMatchObject({ sha256: null, reason: 'too large' });
  });

  it('has only texts that every database can store', () => {
    expect(keptFile({ ...FILE, name: 'a\0', mimeType: 'b\0', reason: 'c\0' })).toMatchObject({
      ...{ name: 'a\uFFFD', mimeType: 'b\uFFFD', reason: 'c\uFFFD' },
    });
  });
});

describe('a change of a run that Prefect knows', () => {
  const flowRun = { ...QUEUED, flowRunId: 'flow' };

  it('is to be reported if it changes the state, the error or the time to continue', () => {
    const deferredRun = deferred('why', NOW);
    expect(unreportedIfChanged(flowRun, deferredRun)).toEqual({ ...deferredRun, flowReported: false });
    for (const change of [{ state: 'running' }, { error: 'why' }, { notBefore: 5 }] as const) {
      expect(unreportedIfChanged(flowRun, change)).toEqual({ ...change, flowReported: false });
      expect(isReportedState(flowRun, { ...flowRun, ...change })).toBe(false);
    }
  });

  it('is to be reported again by a new owner', () => {
    expect(isReportedState({ ...flowRun, owner: 'one' }, { ...flowRun, owner: 'other' })).toBe(false);
  });

  it('is not otherwise', () => {
    const changes = [{ ownedUntil: 5 }, { messagesRead: 9 }, { state: 'queued', error: null }] as const;
    for (const change of changes) {
      expect(unreportedIfChanged(flowRun, change)).toEqual(change);
      expect(isReportedState(flowRun, { ...flowRun, ...change })).toBe(true);
    }
    expect(unreportedIfChanged(QUEUED, { state: 'running' })).toEqual({ state: 'running' });
  });
});
