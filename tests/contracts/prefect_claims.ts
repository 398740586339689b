import { expect, it } from '@jest/globals';
import { claim, claimOf, stored } from './flow_runs.js';
import { begin, makeSource, makeSources, OWNER, take, UNTIL } from './runs.js';
import { addSource, wantedSource } from './sources.js';
import { type MakeStores, SECOND, type Stores, T0, usingStores } from './stores.js';

const LIMITED = { limit: 500, since: T0 - 1, fileTypes: ['pdf', 'zip'] };

/** Who executes which flow run. */
export function claims(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'begin a run as the form says, and once only: repeated by its owner, they have the same outcome',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const run = await claim(stores, sourceId, { form: LIMITED });
      expect(run).toMatchObject({ ...LIMITED, sourceId, flowRunId: 'flow-1', reason: 'schedule' });
      expect(run).toMatchObject({ state: 'running', owner: OWNER, ownedUntil: UNTIL, startedAt: T0 });
      expect(run).toMatchObject({ flowReported: false });
      expect(await claim(stores, sourceId, { form: LIMITED })).toEqual(run);
      expect(await stored(stores, run.id)).toEqual(run);
    }),
  );

  it(
    'have one winner, however many claim at once, for one flow run or for several of one source',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const claims = Array.from({ length: 12 }, (_, at) =>
        stores.prefect.claimFlowRun(claimOf(sourceId, { flowRunId: `flow-${at % 3}`, owner: `w${at}` }), T0),
      );
      const begun = stores.runs.begin(sourceId, 'trigger', T0);
      const kinds = (await Promise.all(claims)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'taken')).toHaveLength(1);
      expect(kinds.filter((kind) => kind === 'owned')).toHaveLength(3);
      expect(kinds.filter((kind) => kind === 'other')).toHaveLength(8);
      await begun;
      expect(await stores.runs.runs(sourceId, { skip: 0, limit: 9 })).toHaveLength(1);
    }),
  );

  it(
    'adopt the run that is queued here',
    using(async (stores) => {
      const [one = 0, other = 0] = await makeSources(stores, 2);
      const queued = await begin(stores, one);
      const adopted = await claim(stores, one);
      expect(adopted).toMatchObject({ id: queued.id, reason: 'trigger', flowRunId: 'flow-1' });
      expect(adopted).toMatchObject({ owner: OWNER, flowLogsDue: false });
      // It has a log already.
      const deferred = await begin(stores, other);
      await take(stores, { owner: 'embedded' });
      await stores.runs.defer(deferred.id, 'embedded', 'later', T0 + SECOND);
      expect(await claim(stores, other, { flowRunId: 'flow-2' })).toMatchObject({
        ...{ id: deferred.id, flowLogsDue: true },
      });
    }),
  );

  it(
    'do not adopt a run that asks for something else, or that somebody executes',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const { id: runId } = await begin(stores, sourceId);
      const { prefect } = stores;
      const limited = claimOf(sourceId, { form: LIMITED });
      expect(await prefect.claimFlowRun(limited, T0)).toEqual({ kind: 'other', runId });
      await take(stores, { owner: 'embedded' });
      expect(await prefect.claimFlowRun(claimOf(sourceId), T0)).toEqual({ kind: 'other', runId });
      expect(await stored(stores, runId)).toMatchObject({ owner: 'embedded', flowRunId: null });
    }),
  );

  it(
    'continue their own run once its owner is lost',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const { id } = await claim(stores, sourceId);
      const again = { owner: 'worker:2', until: UNTIL + 30 * SECOND };
      expect(await stores.prefect.claimFlowRun(claimOf(sourceId, again), UNTIL - 1)).toMatchObject({
        ...{ kind: 'owned', run: { id, owner: OWNER } },
      });
      expect(await claim(stores, sourceId, again, UNTIL)).toMatchObject({ id, ...{ owner: 'worker:2' } });
    }),
  );

  it(
    'tell that the flow run has ended here, or that another one is under way',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const { id } = await claim(stores, sourceId);
      await stores.runs.finish(id, OWNER, 'failed', 'why', T0);
      expect(await stores.prefect.claimFlowRun(claimOf(sourceId), T0)).toMatchObject({
        ...{ kind: 'ended', run: { id, state: 'failed', error: 'why' } },
      });
      const next = await claim(stores, sourceId, { flowRunId: 'flow-2' });
      const third = claimOf(sourceId, { flowRunId: 'flow-3' });
      expect(await stores.prefect.claimFlowRun(third, T0)).toEqual({ kind: 'other', runId: next.id });
    }),
  );

  it(
    'begin a new run for a flow run that is retried after its end, and leave the earlier one as it was',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const { id } = await claim(stores, sourceId);
      await stores.runs.finish(id, OWNER, 'failed', 'why', T0);
      await stores.prefect.reported(await stored(stores, id));
      const retried = await claim(stores, sourceId, { isRetry: true });
      expect(retried).toMatchObject({ state: 'running', flowRunId: 'flow-1', flowReported: false });
      expect(retried.id).not.toBe(id);
      expect(await stored(stores, id)).toMatchObject({ state: 'failed', error: 'why', flowRunId: null });
      expect(await claim(stores, sourceId, { isRetry: true })).toEqual(retried);
    }),
  );

  it(
    'end what was cancelled while nobody executed it',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const { id } = await claim(stores, sourceId);
      await stores.runs.cancel(id, T0);
      expect(await stores.prefect.claimFlowRun(claimOf(sourceId), UNTIL)).toMatchObject({
        ...{ kind: 'ended', run: { id, state: 'cancelled', flowReported: false } },
      });
    }),
  );

  it(
    'belong to the source of their run, which must exist',
    using(async (stores) => {
      const [one = 0, other = 0] = await makeSources(stores, 2);
      const { id } = await claim(stores, one);
      expect(await claim(stores, other)).toMatchObject({ id, sourceId: one });
      expect(await stores.prefect.claimFlowRun(claimOf(99, { flowRunId: 'flow-2' }), T0)).toEqual({
        kind: 'unknown_source',
      });
    }),
  );

  submissions(make);
  replacements(make);
}

/** Runs that were queued here. */
function submissions(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'of runs that were queued here are for those runs, whatever became of them',
    using(async (stores) => {
      const { prefect, runs } = stores;
      const sourceId = await makeSource(stores);
      const { id } = await begin(stores, sourceId);
      await runs.cancel(id, T0);
      const late = claimOf(sourceId, { localRunId: id });
      expect(await prefect.claimFlowRun(late, T0)).toMatchObject({
        ...{ kind: 'ended', run: { id, state: 'cancelled', flowRunId: 'flow-1', flowReported: false } },
      });
      const next = await begin(stores, sourceId);
      const run = await claim(stores, sourceId, { localRunId: next.id, flowRunId: 'flow-2' });
      expect(run.id).toBe(next.id);
      const second = claimOf(sourceId, { localRunId: next.id, flowRunId: 'flow-3' });
      expect(await prefect.claimFlowRun(second, T0)).toEqual({ kind: 'other', runId: next.id });
    }),
  );

  it(
    'are due for runs that nobody executes and Prefect does not know, once there is a deployment',
    using(async (stores) => {
      const { prefect, runs } = stores;
      const made = await stores.sources.create(wantedSource(), 'created', T0);
      if (made.kind !== 'done') throw new Error(made.kind);
      const { id: sourceId } = made.source;
      expect(await prefect.runsToSubmit(0, 10, T0)).toEqual([]);
      await deploy(stores, sourceId);
      const [run] = await runs.lastRuns([sourceId]);
      expect(await prefect.runsToSubmit(0, 10, T0)).toEqual([{ run, deploymentId: 'deployment' }]);
      expect(await prefect.runsToSubmit(sourceId, 10, T0)).toEqual([]);
      await take(stores, { owner: 'embedded' });
      expect(await prefect.runsToSubmit(0, 10, T0)).toEqual([]);
      expect(await prefect.runsToSubmit(0, 10, UNTIL)).toHaveLength(1);
      expect(await prefect.saveFlowRunId(run?.id ?? 0, 'flow-1')).toBe(true);
      expect(await prefect.runsToSubmit(0, 10, UNTIL)).toEqual([]);
    }),
  );

  it(
    'are saved once: the flow run that came first counts',
    using(async (stores) => {
      const { prefect, runs } = stores;
      const { id: sourceId } = await addSource(stores);
      const { id } = await begin(stores, sourceId);
      expect(await prefect.saveFlowRunId(id, 'flow-1')).toBe(true);
      expect(await prefect.saveFlowRunId(id, 'flow-1')).toBe(true);
      expect(await prefect.saveFlowRunId(id, 'flow-2')).toBe(false);
      expect(await prefect.saveFlowRunId(99, 'flow-2')).toBe(false);
      expect(await stored(stores, id)).toMatchObject({ flowRunId: 'flow-1', flowReported: true });
      await runs.cancel(id, T0);
      // Prefect learns that a run was cancelled while it was being submitted.
      const { id: second } = await begin(stores, sourceId);
      await runs.cancel(second, T0);
      expect(await prefect.saveFlowRunId(second, 'flow-3')).toBe(true);
      expect(await stored(stores, second)).toMatchObject({ flowReported: false });
    }),
  );
}

/** Runs whose flow run has ended in Prefect. */
function replacements(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'may be of another flow run that was created for them, while nobody executes them',
    using(async (stores) => {
      const { prefect, runs } = stores;
      const sourceId = await makeSource(stores);
      const { id } = await begin(stores, sourceId);
      await prefect.saveFlowRunId(id, 'flow-1');
      const read = { ...(await stored(stores, id)), flowRunId: 'flow-1' };
      expect(await prefect.replaceFlowRun(read, 'flow-2', T0)).toBe(true);
      expect(await prefect.replaceFlowRun(read, 'flow-2', T0)).toBe(true);
      expect(await prefect.replaceFlowRun(read, 'flow-3', T0)).toBe(false);
      const again = { state: 'queued', flowRunId: 'flow-2', flowReported: true, owner: null };
      expect(await stored(stores, id)).toMatchObject(again);
      const claimed = await claim(stores, sourceId, { localRunId: id, flowRunId: 'flow-2' });
      const begun = { ...claimed, flowRunId: 'flow-2' };
      expect(await prefect.replaceFlowRun(begun, 'flow-3', UNTIL - 1)).toBe(false);
      await runs.defer(id, OWNER, 'later', T0);
      expect(await prefect.replaceFlowRun(begun, 'flow-3', T0)).toBe(true);
      expect(await stored(stores, id)).toMatchObject({ flowRunId: 'flow-3', flowReported: false });
      // What was told of the flow run before is not known of this one.
      await prefect.reported({ ...(await stored(stores, id)), flowRunId: 'flow-2' });
      expect(await stored(stores, id)).toMatchObject({ flowReported: false });
      await runs.cancel(id, T0);
      expect(await prefect.replaceFlowRun({ ...begun, flowRunId: 'flow-3' }, 'flow-4', T0)).toBe(false);
      expect(await prefect.replaceFlowRun({ ...begun, id: 99 }, 'flow-4', T0)).toBe(false);
    }),
  );

  it(
    'are claimed by that flow run though it is not saved yet, unless somebody executes them',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const { id } = await begin(stores, sourceId);
      await stores.prefect.saveFlowRunId(id, 'flow-1');
      const again = await claim(stores, sourceId, { localRunId: id, flowRunId: 'flow-2' });
      expect(again).toMatchObject({ id, flowRunId: 'flow-2', owner: OWNER });
      const late = claimOf(sourceId, { localRunId: id, flowRunId: 'flow-3', owner: 'worker:2' });
      expect(await stores.prefect.claimFlowRun(late, T0)).toEqual({ kind: 'other', runId: id });
    }),
  );

  it(
    'are cancelled with it, but not with one that they had before',
    using(async (stores) => {
      const { prefect } = stores;
      const sourceId = await makeSource(stores);
      const first = await claim(stores, sourceId);
      const read = { ...first, flowRunId: 'flow-1' };
      expect(await prefect.cancelFlowRun({ ...read, flowRunId: 'flow-0' }, T0)).toBe(false);
      expect(await stored(stores, first.id)).toMatchObject({ cancelRequested: false });
      expect(await prefect.cancelFlowRun(read, T0)).toBe(true);
      expect(await stored(stores, first.id)).toMatchObject({ cancelRequested: true, finishedAt: null });
      expect(await prefect.cancelFlowRun(read, UNTIL)).toBe(true);
      expect(await stored(stores, first.id)).toMatchObject({ state: 'cancelled', flowReported: false });
      expect(await prefect.cancelFlowRun(read, UNTIL)).toBe(false);
    }),
  );
}

async function deploy({ prefect }: Stores, sourceId: number): Promise<void> {
  const synced = { deploymentId: 'deployment', synced: '{}', foreignSchedule: null, revision: 1 };
  await prefect.saveSynced(sourceId, synced);
}
