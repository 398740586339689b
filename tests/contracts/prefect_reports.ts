import { expect, it } from '@jest/globals';
import { claim, stored } from './flow_runs.js';
import { begin, makeSource, makeSources, OWNER, take, UNTIL } from './runs.js';
import { type MakeStores, SECOND, type Stores, T0, usingStores } from './stores.js';

/** What Prefect is told of runs. */
export function reports(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are due after each transition of a flow run, and only then',
    using(async (stores) => {
      const { runs } = stores;
      const { id } = await claim(stores, await makeSource(stores));
      await expectUnreported(stores, id);
      await runs.mark(id, OWNER, 'running', 'a', T0);
      await runs.renew(id, OWNER, UNTIL + SECOND);
      expect(await unreported(stores)).toEqual([]);
      await runs.mark(id, OWNER, 'waiting', null, T0);
      await expectUnreported(stores, id);
      await runs.mark(id, OWNER, 'running', 'b', T0);
      await expectUnreported(stores, id);
      await runs.defer(id, OWNER, 'no session is free', T0 + SECOND);
      await expectUnreported(stores, id);
      await take(stores, { now: T0 + SECOND });
      await expectUnreported(stores, id);
      await runs.finish(id, OWNER, 'completed', null, T0);
      await expectUnreported(stores, id);
    }),
  );

  it(
    'are due for a flow run that is cancelled, by whom ever it ends',
    using(async (stores) => {
      const { runs, prefect } = stores;
      const [one = 0, two = 0, three = 0] = await makeSources(stores, 3);
      const queued = await begin(stores, one);
      await prefect.saveFlowRunId(queued.id, 'flow-1');
      await runs.cancel(queued.id, T0);
      await expectUnreported(stores, queued.id);
      const second = await claim(stores, two, { flowRunId: 'flow-2' });
      await reportAll(stores);
      await runs.cancel(second.id, T0);
      await take(stores, { now: UNTIL });
      await expectUnreported(stores, second.id);
      const third = await claim(stores, three, { flowRunId: 'flow-3' });
      await reportAll(stores);
      await runs.cancel(third.id, T0);
      expect(await prefect.releaseStranded(UNTIL)).toEqual([]);
      await expectUnreported(stores, third.id);
    }),
  );

  it(
    'are counted while they are due, and so are logs and deployments',
    using(async (stores) => {
      const { prefect, runs } = stores;
      expect(await prefect.outbox()).toEqual({ deployments: 0, states: 0, logs: 0 });
      const sourceId = await makeSource(stores);
      const { id } = await claim(stores, sourceId);
      await runs.log(id, [{ at: T0, level: 'info', message: 'a' }]);
      expect(await prefect.outbox()).toEqual({ deployments: 1, states: 1, logs: 1 });
      await reportAll(stores);
      expect(await prefect.outbox()).toMatchObject({ deployments: 1, states: 0 });
    }),
  );

  it(
    'are not due for runs that Prefect does not know',
    using(async (stores) => {
      const { id } = await begin(stores, await makeSource(stores));
      await take(stores);
      await stores.runs.log(id, [{ at: T0, level: 'info', message: 'a' }]);
      await stores.runs.finish(id, OWNER, 'completed', null, T0);
      expect(await unreported(stores)).toEqual([]);
      expect(await stores.prefect.runsWithLogsToSend(0, 10)).toEqual([]);
      expect(await stores.prefect.unfinishedFlowRuns(0, 10)).toEqual([]);
    }),
  );

  it(
    'stay due if the run has changed since it was read',
    using(async (stores) => {
      const read = await claim(stores, await makeSource(stores));
      await stores.runs.finish(read.id, OWNER, 'failed', 'why', T0);
      await stores.prefect.reported(read);
      expect(await unreported(stores)).toEqual([read.id]);
      await expectUnreported(stores, read.id);
    }),
  );

  it(
    'stay due if another worker has begun with the run since it was read',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const read = await claim(stores, sourceId);
      await claim(stores, sourceId, { owner: 'worker:2', until: UNTIL + SECOND }, UNTIL);
      await stores.prefect.reported(read);
      await expectUnreported(stores, read.id);
    }),
  );

  it(
    'are listed a page at a time: the unreported by run, the unfinished by source',
    using(async (stores) => {
      const { prefect, runs } = stores;
      const sources = await makeSources(stores, 3);
      const claimed = new Map<number, number>();
      for (const id of sources.toReversed()) {
        claimed.set(id, (await claim(stores, id, { flowRunId: `flow-${id}` })).id);
      }
      const [third = 0, second, first] = claimed.values();
      const idsOf = (found: readonly { readonly id: number }[]) => found.map(({ id }) => id);
      expect(idsOf(await prefect.unreported(0, 2))).toEqual([third, second]);
      expect(idsOf(await prefect.unreported(third, 9))).toEqual([second, first]);
      expect(idsOf(await prefect.unfinishedFlowRuns(0, 2))).toEqual([first, second]);
      expect(idsOf(await prefect.unfinishedFlowRuns(sources[0] ?? 0, 9))).toEqual([second, third]);
      await runs.finish(third, OWNER, 'completed', null, T0);
      expect(idsOf(await prefect.unfinishedFlowRuns(0, 9))).toEqual([first, second]);
    }),
  );

  it(
    'that are missing of an end a moment ago are found, for other flow runs of its source',
    using(async (stores) => {
      const [one = 0, two = 0] = await makeSources(stores, 2);
      const { prefect } = stores;
      const { id } = await claim(stores, one);
      expect(await prefect.hasUnreportedEnd(one, 'flow-2', T0)).toBe(false);
      await stores.runs.finish(id, OWNER, 'completed', null, T0);
      expect(await prefect.hasUnreportedEnd(one, 'flow-2', T0)).toBe(true);
      expect(await prefect.hasUnreportedEnd(one, 'flow-2', T0 + 1)).toBe(false);
      expect(await prefect.hasUnreportedEnd(one, 'flow-1', T0)).toBe(false);
      expect(await prefect.hasUnreportedEnd(two, 'flow-2', T0)).toBe(false);
      await reportAll(stores);
      expect(await prefect.hasUnreportedEnd(one, 'flow-2', T0)).toBe(false);
    }),
  );

  it(
    'are found by their flow runs, ended or not',
    using(async (stores) => {
      const [one = 0, two = 0] = await makeSources(stores, 2);
      const ended = await claim(stores, one);
      await stores.runs.finish(ended.id, OWNER, 'completed', null, T0);
      const begun = await claim(stores, two, { flowRunId: 'flow-2' });
      const found = await stores.prefect.runsOf(['flow-2', 'flow-1', 'flow-3']);
      expect(found.map(({ id }) => id).sort()).toEqual([ended.id, begun.id].sort());
      expect(await stores.prefect.runsOf([])).toEqual([]);
    }),
  );

  it(
    'follow for runs whose worker is lost, which others may continue at once',
    using(async (stores) => {
      const [one = 0, two = 0, three = 0] = await makeSources(stores, 3);
      const { prefect } = stores;
      const lost = await claim(stores, one);
      await claim(stores, two, { flowRunId: 'flow-2', until: UNTIL + 1 });
      await begin(stores, three);
      await take(stores);
      await reportAll(stores);
      expect(await prefect.releaseStranded(UNTIL - 1)).toEqual([]);
      const deferred = { id: lost.id, state: 'deferred', notBefore: UNTIL, owner: null };
      expect(await prefect.releaseStranded(UNTIL)).toMatchObject([deferred]);
      expect(await prefect.releaseStranded(UNTIL)).toEqual([]);
      await expectUnreported(stores, lost.id);
      const again = { owner: 'worker:2', until: UNTIL + 30 * SECOND };
      expect(await claim(stores, one, again, UNTIL)).toMatchObject({ id: lost.id, notBefore: null });
    }),
  );

  logs(make);
}

/** The logs of runs. */
function logs(make: MakeStores): void {
  const using = usingStores(make);
  const entry = (message: string) => ({ at: T0, level: 'info', message }) as const;

  it(
    'hold each log entry once, in order',
    using(async (stores) => {
      const { prefect, runs } = stores;
      const [one = 0, two = 0] = await makeSources(stores, 2);
      const { id } = await claim(stores, one);
      const other = await claim(stores, two, { flowRunId: 'flow-2' });
      expect(await prefect.runsWithLogsToSend(0, 10)).toEqual([]);
      await runs.log(id, ['a', 'b', 'c'].map(entry));
      await runs.log(other.id, [entry('other')]);
      expect(await prefect.runsWithLogsToSend(0, 10)).toMatchObject([{ id }, { id: other.id }]);
      expect(await prefect.runsWithLogsToSend(id, 10)).toMatchObject([{ id: other.id }]);
      const first = await prefect.logsToSend(id, 2);
      expect(first).toEqual(['a', 'b'].map((message) => ({ id: expect.any(Number), ...entry(message) })));
      await prefect.logsSent(id, first.at(-1)?.id ?? 0);
      expect(await prefect.runsWithLogsToSend(0, 1)).toMatchObject([{ id }]);
      const rest = await prefect.logsToSend(id, 2);
      expect(rest).toMatchObject([{ message: 'c' }]);
      await prefect.logsSent(id, rest.at(-1)?.id ?? 0);
      expect(await prefect.logsToSend(id, 2)).toEqual([]);
      expect(await prefect.runsWithLogsToSend(0, 10)).toMatchObject([{ id: other.id }]);
    }),
  );

  it(
    'of runs that began before Prefect knew them have their whole log',
    using(async (stores) => {
      const { prefect, runs } = stores;
      const { id } = await begin(stores, await makeSource(stores));
      await take(stores);
      await runs.log(id, [entry('early')]);
      await runs.defer(id, OWNER, 'later', T0);
      await prefect.saveFlowRunId(id, 'flow-1');
      expect(await prefect.runsWithLogsToSend(0, 10)).toMatchObject([{ id }]);
      expect(await prefect.logsToSend(id, 9)).toMatchObject([{ message: 'early' }]);
      // What was pruned meanwhile is not waited for.
      await runs.pruneLogs(T0 + 1, 10);
      await prefect.logsSent(id, 0);
      expect(await prefect.runsWithLogsToSend(0, 10)).toEqual([]);
    }),
  );
}

async function unreported({ prefect }: Stores): Promise<number[]> {
  return (await prefect.unreported(0, 10)).map(({ id }) => id);
}

async function reportAll({ prefect }: Stores): Promise<void> {
  for (const run of await prefect.unreported(0, 100)) await prefect.reported(run);
}

/** Prefect does not know the state of this run, the only such one, and is told. */
async function expectUnreported(stores: Stores, id: number): Promise<void> {
  expect(await unreported(stores)).toEqual([id]);
  await stores.prefect.reported(await stored(stores, id));
  expect(await unreported(stores)).toEqual([]);
}
