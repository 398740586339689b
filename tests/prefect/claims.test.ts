import { describe, expect, it } from '@jest/globals';
import { decideClaim } from '../../src/prefect/claims.js';
import { NO_FORM } from '../../src/runs/rules.js';
import type { Run } from '../../src/runs/store.js';

const NOW = 1_000_000;
const CLAIM = { owner: 'me', form: NO_FORM, isRetry: false };
const NONE = { ofFlowRun: undefined, local: undefined, unfinished: undefined };

/** A run that is queued here, and unknown to Prefect. */
const QUEUED: Run = {
  ...{
    id: 1,
    sourceId: 2,
    state: 'queued',
    reason: 'trigger',
    error: null,
    sessionName: null,
    sessions: null,
  },
  ...{ waitingSince: null, owner: null, ownedUntil: null, cancelRequested: false, notBefore: null },
  ...{ createdAt: 0, startedAt: null, finishedAt: null, totalMessages: null, ...NO_FORM },
  ...{ messagesRead: 0, messagesStored: 0, filesFound: 0, filesDone: 0, filesSkipped: 0, bytesDone: 0 },
  ...{ flowRunId: null, flowReported: true, flowLogsSent: 0, flowLogsDue: false },
};
const OWN: Run = { ...QUEUED, flowRunId: 'flow' };
const ENDED = { state: 'cancelled', finishedAt: 5 } as const;

describe('a flow run that has a run', () => {
  it('goes on with it, unless somebody else executes it', () => {
    const decide = (run: Run) => decideClaim(CLAIM, { ...NONE, ofFlowRun: run, unfinished: run }, NOW).kind;
    expect(decide(OWN)).toBe('take');
    expect(decide({ ...OWN, owner: 'other', ownedUntil: NOW })).toBe('take');
    expect(decide({ ...OWN, owner: 'other', ownedUntil: NOW + 1 })).toBe('owned');
    expect(decide({ ...OWN, owner: 'me', ownedUntil: NOW + 1 })).toBe('take');
  });

  it('has ended with it, though the source has another run by now', () => {
    const ended = { ...OWN, ...ENDED };
    const decision = decideClaim(CLAIM, { ...NONE, ofFlowRun: ended, unfinished: QUEUED }, NOW);
    expect(decision).toEqual({ kind: 'ended', run: ended });
  });

  it('begins another one when it is retried', () => {
    const retry = { ...CLAIM, isRetry: true };
    const ended = { ...OWN, ...ENDED };
    expect(decideClaim(retry, { ...NONE, ofFlowRun: ended }, NOW)).toEqual({ kind: 'begin' });
    const decision = decideClaim(retry, { ...NONE, ofFlowRun: ended, unfinished: QUEUED }, NOW);
    expect(decision).toEqual({ kind: 'other', runId: QUEUED.id });
  });

  it('goes on with it, whatever its form says by now', () => {
    const form = { ...NO_FORM, limit: 5 };
    expect(decideClaim({ ...CLAIM, form }, { ...NONE, ofFlowRun: OWN }, NOW).kind).toBe('take');
  });
});

describe('a flow run without a run', () => {
  const decide = (unfinished: Run | undefined, form = NO_FORM) =>
    decideClaim({ ...CLAIM, form }, { ...NONE, unfinished }, NOW);

  it('begins one if the source has none', () => {
    expect(decide(undefined)).toEqual({ kind: 'begin' });
  });

  it('adopts the one that is queued here', () => {
    expect(decide(QUEUED)).toEqual({ kind: 'take', run: QUEUED });
  });

  it('adopts one that another flow run has not begun, whose slot it has', () => {
    const queued = { ...QUEUED, flowRunId: 'another' };
    expect(decide(queued)).toEqual({ kind: 'take', run: queued });
  });

  it('gets none while another flow run or an engine has one', () => {
    const other = { kind: 'other', runId: 1 };
    expect(decide({ ...QUEUED, flowRunId: 'another', state: 'running' })).toEqual(other);
    expect(decide({ ...QUEUED, flowRunId: 'another', state: 'deferred' })).toEqual(other);
    expect(decide({ ...QUEUED, owner: 'embedded', ownedUntil: NOW + 1 })).toEqual(other);
    expect(decide({ ...QUEUED, owner: 'embedded', ownedUntil: NOW })).toMatchObject({ kind: 'take' });
  });

  it('adopts only a run of the same form', () => {
    const form = { limit: 5, since: 6, fileTypes: ['pdf', 'zip'] };
    const queued = { ...QUEUED, ...form };
    expect(decide(queued, { ...form, fileTypes: ['zip', 'pdf', 'zip'] }).kind).toBe('take');
    for (const change of [{ limit: 4 }, { since: null }, { fileTypes: [] }, { fileTypes: null }]) {
      expect(decide(queued, { ...form, ...change })).toEqual({ kind: 'other', runId: 1 });
    }
  });
});

describe('a flow run that was created for a run', () => {
  const decide = (local: Run, unfinished?: Run) => decideClaim(CLAIM, { ...NONE, local, unfinished }, NOW);

  it('takes it', () => {
    expect(decide(QUEUED, QUEUED)).toEqual({ kind: 'take', run: QUEUED });
  });

  it('has ended if that has, and begins no other', () => {
    const ended = { ...QUEUED, ...ENDED };
    expect(decide(ended)).toEqual({ kind: 'ended', run: ended });
  });

  it('is not wanted if another flow run has it, or had it', () => {
    const adopted = { ...QUEUED, flowRunId: 'another', owner: 'worker', ownedUntil: NOW + 1 };
    expect(decide(adopted, adopted)).toEqual({ kind: 'other', runId: 1 });
    expect(decide({ ...adopted, ...ENDED })).toEqual({ kind: 'other', runId: 1 });
  });

  it('takes it from the flow run before, which has collided, though that is not recorded yet', () => {
    const again = { ...QUEUED, flowRunId: 'before' };
    expect(decide(again, again)).toEqual({ kind: 'take', run: again });
  });
});
