import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { createLogger } from '../../src/kernel/logging.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { FlowRunStart } from '../../src/prefect/flow_run_start.js';
import { logIn, post } from '../logins/over_sandbox.js';
import { lastRun, makeSource, runOnce } from '../scraping/scraped.js';
import { LARGE, logInSome, smallWorld } from '../scraping/small_world.js';
import { runPrefect } from './clients.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { newsWorld } from './news_world.js';
import { type PrefectWorld, withPrefect } from './scraping_with_prefect.js';

const describe = describeWithPrefect();

const ADA = '+9996610001';
const LONG_MS = 240_000;
const SMALL = { seed: smallWorld };

/** A source whose run is under way, and takes long. */
async function underWay(world: PrefectWorld) {
  const { service, prefect } = world;
  await logInSome(world, 1);
  const sourceId = await makeSource(service, LARGE);
  const deployment = await prefect.deployed(service, sourceId);
  const run = await runOnce(service, sourceId, ({ messages_stored }) => messages_stored > 0);
  const [flowRun] = await prefect.flowRuns(deployment);
  if (!flowRun) throw new Error('there is no flow run');
  return { sourceId, deployment, run, flowRun };
}

/** That the slot is free again: the next run begins. */
async function nextBegins(
  world: PrefectWorld,
  { sourceId, deployment }: Awaited<ReturnType<typeof underWay>>,
) {
  const { body } = await post(world.service, `/sources/${sourceId}/trigger`, {}).expect(200);
  await runOnce(world.service, sourceId, ({ id, state }) => id === body.run_id && state === 'running');
  const flowRuns = await world.prefect.flowRuns(deployment);
  expect(flowRuns).toHaveLength(2);
}

describe('a run under way', () => {
  it(
    "is cancelled by Prefect's command line, and the next one begins",
    withPrefect(async (world) => {
      const begun = await underWay(world);
      const asked = Date.now();
      await runPrefect(world.prefect.address, 'flow-run', 'cancel', begun.flowRun.id);
      const cancelled = ({ state }: { state: string }) => state === 'cancelled';
      expect(await runOnce(world.service, begun.sourceId, cancelled)).toMatchObject({ id: begun.run.id });
      expect(await world.prefect.ended(begun.flowRun.id)).toMatchObject({ state_type: 'CANCELLED' });
      expect(Date.now() - asked).toBeLessThan(20_000);
      const { body: log } = await world.service.as('admin').get(`/runs/${begun.run.id}/logs`).expect(200);
      expect(log).toContainEqual(
        expect.objectContaining({ level: 'warning', message: 'its flow run is cancelling in Prefect' }),
      );
      await nextBegins(world, begun);
    }, SMALL),
    LONG_MS,
  );

  it(
    'is cancelled here, and the next one begins',
    withPrefect(async (world) => {
      const begun = await underWay(world);
      await post(world.service, `/runs/${begun.run.id}/cancel`, {}).expect(200);
      expect(await world.prefect.ended(begun.flowRun.id)).toMatchObject({
        state_type: 'CANCELLED',
        state: { message: 'the run was cancelled' },
      });
      const summary = (await world.prefect.artifacts(begun.flowRun.id)).find(
        ({ type }) => type === 'markdown',
      );
      expect(String(summary?.data)).toContain('| Result | cancelled |');
      await nextBegins(world, begun);
    }, SMALL),
    LONG_MS,
  );

  it(
    'is cancelled when its flow run is deleted in Prefect, and the next one begins',
    withPrefect(async (world) => {
      const { service, prefect } = world;
      const { sourceId, run, flowRun } = await underWay(world);
      await fetch(`${prefect.address.apiUrl}/flow_runs/${flowRun.id}`, {
        method: 'DELETE',
        headers: { authorization: `Basic ${Buffer.from(prefect.address.authString).toString('base64')}` },
      });
      expect(await runOnce(service, sourceId, ({ state }) => state === 'cancelled')).toMatchObject({
        id: run.id,
      });
      const { prefect: store } = service.container.database;
      await eventually(async () => (await store.unreported(0, 10)).length === 0);
    }, SMALL),
    LONG_MS,
  );
});

describe('a run that no worker has taken yet', () => {
  const noWorker = { ...SMALL, settings: { MAX_CONCURRENT_RUNS: '0' } };

  it(
    'is cancelled from either side',
    withPrefect(async ({ service, prefect }) => {
      const id = await makeSource(service, LARGE);
      const deployment = await prefect.deployed(service, id);
      const scheduled = async (count: number) => {
        await eventually(async () => (await prefect.flowRuns(deployment)).length === count);
        const [flowRun] = await prefect.flowRuns(deployment);
        return flowRun?.id ?? '';
      };
      const first = await scheduled(1);
      await runPrefect(prefect.address, 'flow-run', 'cancel', first);
      expect(await lastRun(service, id)).toMatchObject({ state: 'cancelled' });
      const { body } = await post(service, `/sources/${id}/trigger`, {}).expect(200);
      const second = await scheduled(2);
      expect(await prefect.client.flowRun(second)).toMatchObject({ state_type: 'SCHEDULED' });
      await post(service, `/runs/${body.run_id}/cancel`, {}).expect(200);
      expect(await prefect.ended(second)).toMatchObject({ state_type: 'CANCELLED' });
    }, noWorker),
    LONG_MS,
  );
});

describe('a run that cannot go on', () => {
  it(
    'says since when it waits for a session, and goes on with the first that is free',
    withPrefect(async (world) => {
      const { service, prefect } = world;
      await logInSome(world, 1);
      const { lease_id, session_id } = await service.lease();
      const id = await makeSource(service, 'small1');
      const deployment = await prefect.deployed(service, id);
      await runOnce(service, id, ({ state }) => state === 'waiting');
      const [flowRun] = await prefect.flowRuns(deployment);
      await prefect.flowRunOnce(flowRun?.id ?? '', ({ state_type, state }) => {
        const isWaiting = /^waiting for a session since 20\d\d-.*Z$/.test(state?.message ?? '');
        return state_type === 'RUNNING' && isWaiting;
      });
      await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      expect(await prefect.ended(flowRun?.id ?? '')).toMatchObject({ state_type: 'COMPLETED' });
    }, SMALL),
    LONG_MS,
  );

  it(
    'fails with the sentence that says why',
    withPrefect(async (world) => {
      const { service, prefect } = world;
      await logInSome(world, 1);
      const id = await makeSource(service, 'nobody_has_this_name');
      const deployment = await prefect.deployed(service, id);
      const run = await lastRun(service, id);
      const [flowRun] = await prefect.flowRuns(deployment);
      const ended = await prefect.ended(flowRun?.id ?? '');
      expect(ended.state).toMatchObject({ type: 'FAILED', message: run.error });
      expect(run.error).toContain('no such channel');
      expect((await prefect.logs(ended.id)).at(-1)).toMatchObject({ level: 40, message: run.error });
    }, SMALL),
    LONG_MS,
  );
});

describe('a run that has ended', () => {
  it(
    "is repeated as another run when Prefect's command line retries its flow run",
    withPrefect(async (world) => {
      const { service, prefect } = world;
      await logInSome(world, 1);
      const id = await makeSource(service, 'small1');
      const deployment = await prefect.deployed(service, id);
      const first = await lastRun(service, id);
      const [flowRun] = await prefect.flowRuns(deployment);
      const flowRunId = flowRun?.id ?? '';
      expect(await prefect.ended(flowRunId)).toMatchObject({ state_type: 'COMPLETED' });
      await eventually(async () => (await service.container.database.prefect.unreported(0, 10)).length === 0);
      await runPrefect(prefect.address, 'flow-run', 'retry', flowRunId);
      const isSecond = (run: { id: number; state: string }) =>
        run.id !== first.id && run.state === 'completed';
      const second = await runOnce(service, id, isSecond);
      expect(second).toMatchObject({ flow_run_id: flowRunId, messages_stored: 0 });
      const isTold = ({ state_type, run_count }: { state_type?: string | null; run_count: number }) =>
        state_type === 'COMPLETED' && run_count > 1;
      await prefect.flowRunOnce(flowRunId, isTold);
      const { body: earlier } = await service.as('admin').get(`/runs/${first.id}`).expect(200);
      expect(earlier).toMatchObject({ state: 'completed', flow_run_id: null });
      const { body } = await post(service, `/sources/${id}/trigger`, {}).expect(200);
      await runOnce(service, id, (run) => run.id === body.run_id && run.state === 'completed');
    }, SMALL),
    LONG_MS,
  );
});

describe('a list of due flow runs that has grown old', () => {
  it(
    'begins no run again that has ended since',
    withPrefect(async (world) => {
      const { service, prefect } = world;
      await logInSome(world, 1);
      const id = await makeSource(service, 'small1');
      const deployment = await prefect.deployed(service, id);
      const { id: runId } = await lastRun(service, id);
      const [flowRun] = await prefect.flowRuns(deployment);
      const ended = await prefect.ended(flowRun?.id ?? '');
      const { database, clock } = service.container;
      await eventually(async () => (await database.prefect.unreported(0, 10)).length === 0);
      const start = new FlowRunStart({
        ...{
          client: prefect.client,
          store: database.prefect,
          runs: database.runs,
          sources: database.sources,
        },
        ...{
          report: { report: async () => undefined },
          newId: randomUUID,
          infrastructurePid: 'another worker',
        },
        ...{ clock, timers: nodeTimers, logger: createLogger({ level: 'error' }) },
      });
      expect(await start.take({ ...ended, state_type: 'SCHEDULED' })).toEqual({ kind: 'refused' });
      expect(await prefect.client.flowRun(ended.id)).toMatchObject({ state_type: 'COMPLETED' });
      expect(await lastRun(service, id)).toMatchObject({ id: runId });
    }, SMALL),
    LONG_MS,
  );
});

describe('a flow run that is none of a source', () => {
  it(
    'fails: wrong parameters, a source that is gone, a deployment of somebody else',
    withPrefect(async (world) => {
      const { service, prefect } = world;
      await logInSome(world, 1);
      const id = await makeSource(service, 'small1');
      const deployment = await prefect.deployed(service, id);
      await lastRun(service, id);
      const failed = async (flowRunId: string) => {
        const { state } = await prefect.ended(flowRunId);
        return { type: state?.type, message: state?.message };
      };
      const wrong = await prefect.start(deployment, { since: 'yesterday' });
      expect(await failed(wrong.id)).toEqual({
        type: 'FAILED',
        message: expect.stringMatching(/^since: expected a date and time .*, not "yesterday"$/),
      });
      const other = await prefect.client.putDeployment({
        ...{ name: `mine-${randomUUID()}`, flow_id: prefect.flowId },
        ...{ work_pool_name: prefect.workPool, work_queue_name: 'default' },
      });
      expect(await failed((await prefect.start(other)).id)).toEqual({
        type: 'FAILED',
        message: 'its deployment is not one of a source in TeleGate',
      });
      const { id: flow_id } = await prefect.client.flow(`flow-${randomUUID()}`);
      const gone = await prefect.client.putDeployment({
        ...{ name: `source-${id + 1}`, flow_id },
        ...{ work_pool_name: prefect.workPool, work_queue_name: 'default' },
      });
      expect(await failed((await prefect.start(gone)).id)).toEqual({
        type: 'FAILED',
        message: 'its source is gone',
      });
    }, SMALL),
    LONG_MS,
  );
});

describe('a source', () => {
  it(
    'has one run at a time: a second flow run is cancelled',
    withPrefect(async (world) => {
      const { prefect } = world;
      const { deployment, flowRun } = await underWay(world);
      const second = await prefect.start(deployment);
      expect(await prefect.ended(second.id)).toMatchObject({ state_type: 'CANCELLED' });
      expect(await prefect.client.flowRun(flowRun.id)).toMatchObject({ state_type: 'RUNNING' });
    }, SMALL),
    LONG_MS,
  );

  it(
    'deleted during its run ends the flow run',
    withPrefect(async (world) => {
      const { service, prefect } = world;
      const { sourceId, flowRun } = await underWay(world);
      await service.as('admin').delete(`/sources/${sourceId}`).expect(200);
      expect(await prefect.ended(flowRun.id)).toMatchObject({ state_type: 'CANCELLED' });
    }, SMALL),
    LONG_MS,
  );
});

describe('a schedule of Prefect', () => {
  it(
    'starts runs',
    withPrefect(
      async (world) => {
        const { service, prefect } = world;
        await logIn(world, ADA);
        const id = await makeSource(service, 'sandbox_news', { file_types: [] });
        const deployment = await prefect.deployed(service, id);
        const first = await lastRun(service, id);
        await prefect.client.createSchedules(deployment.id, [{ schedule: { interval: 2 } }]);
        const run = await runOnce(service, id, (run) => run.id > first.id && run.state === 'completed');
        await prefect.client.patchDeployment(deployment.id, { paused: true });
        const { body } = await service.as('admin').get(`/runs/${run.id}`).expect(200);
        expect(body).toMatchObject({ reason: 'schedule' });
      },
      { seed: newsWorld(100) },
    ),
    LONG_MS,
  );
});
