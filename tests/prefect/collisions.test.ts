import { expect, it } from '@jest/globals';
import type { DeploymentResponse } from '../../src/prefect/api_types.js';
import { idempotencyKey } from '../../src/prefect/flow_run_state.js';
import { MAX_ATTEMPTS } from '../../src/prefect/submissions.js';
import { post } from '../logins/over_sandbox.js';
import { lastRun, makeSource, runOnce } from '../scraping/scraped.js';
import { logInSome, smallWorld } from '../scraping/small_world.js';
import type { Service } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { runPrefect } from './clients.js';
import { propose } from './deployed.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { findPrefect } from './installation.js';
import { type PrefectSpace, withPrefect } from './scraping_with_prefect.js';
import { withWorkers } from './workers.js';

const describe = describeWithPrefect();
const withDatabase = await describeWithServer();
/** Skipped unless both servers are there. */
const describeWorkers = findPrefect() ? withDatabase : describe;

const LONG_MS = 240_000;
const SMALL = { seed: smallWorld };
const NO_WORKER = { ...SMALL, settings: { MAX_CONCURRENT_RUNS: '0' } };

interface Submitted {
  readonly service: Service;
  readonly prefect: PrefectSpace;
  readonly deployment: DeploymentResponse;
  readonly sourceId: number;
  readonly runId: number;
}

/** A run that our trigger was answered with, and that has a flow run. */
async function submitted(service: Service, prefect: PrefectSpace): Promise<Submitted> {
  const sourceId = await makeSource(service, 'small1', { file_types: [] });
  const created = (await runOnce(service, sourceId, () => true)).id;
  await post(service, `/runs/${created}/cancel`, {}).expect(200);
  const deployment = await prefect.deployed(service, sourceId);
  const { body } = await post(service, `/sources/${sourceId}/trigger`, {}).expect(200);
  return { service, prefect, deployment, sourceId, runId: body.run_id };
}

/** The flow run of the run, once it is not `other`. */
async function flowRunOf({ service, prefect, runId }: Submitted, other: string | null = null) {
  const { runs } = service.container.database;
  const idNow = async () => (await runs.run(runId))?.flowRunId ?? null;
  await eventually(async () => ![null, other].includes(await idNow()));
  return prefect.client.flowRun((await idNow()) ?? '');
}

/** Prefect cancels the flow run, as another one that asks for something else has the source's only slot. */
async function collide({ prefect, deployment }: Submitted, flowRun: { readonly id: string }) {
  const rival = await prefect.start(deployment, { limit: 5 });
  expect(await propose(prefect.client, rival, 'PENDING')).toMatchObject({ status: 'ACCEPT' });
  const refused = { status: 'REJECT', state: { type: 'CANCELLED' } };
  expect(await propose(prefect.client, flowRun, 'PENDING')).toMatchObject(refused);
  return { leave: () => propose(prefect.client, rival, 'CANCELLED') };
}

describeWorkers('the run of an accepted trigger that collides with another flow run in Prefect', () => {
  it(
    'is submitted again, each time later, and completes once the slot is free',
    withWorkers(async (world) => {
      const { service, prefect } = world;
      await logInSome(world, 1);
      const run = await submitted(service, prefect);
      const first = await flowRunOf(run);
      const { leave } = await collide(run, first);
      const second = await flowRunOf(run, first.id);
      expect(second).toMatchObject({ state_type: 'SCHEDULED', name: first.name, tags: first.tags });
      expect(second.parameters).toEqual(first.parameters);
      expect(await propose(prefect.client, second, 'PENDING')).toMatchObject({ status: 'REJECT' });
      const third = await flowRunOf(run, second.id);
      const pauseBefore = ({ created, expected_start_time: at }: typeof third) =>
        Date.parse(at ?? '') - Date.parse(created ?? '');
      expect(pauseBefore(third)).toBeGreaterThan(pauseBefore(second));
      expect(await runOnce(service, run.sourceId, () => true)).toMatchObject({
        ...{ id: run.runId, state: 'queued' },
      });
      await leave();
      await world.start();
      expect(await lastRun(service, run.sourceId)).toMatchObject({ id: run.runId, state: 'completed' });
      expect(await prefect.ended(third.id)).toMatchObject({ state_type: 'COMPLETED' });
      expect(await prefect.ended(first.id)).toMatchObject({ state_type: 'CANCELLED' });
      const { body: log } = await service.as('admin').get(`/runs/${run.runId}/logs`).expect(200);
      const again = ({ message }: { message: string }) => message.includes('it is submitted again');
      expect(log.filter(again)).toHaveLength(2);
      await eventually(async () => (await prefect.slots(run.deployment)) === 0);
    }, SMALL),
    LONG_MS,
  );
});

describe('a run that was submitted again', () => {
  it(
    'is cancelled by a person as any other',
    withPrefect(async ({ service, prefect }) => {
      const run = await submitted(service, prefect);
      const first = await flowRunOf(run);
      await collide(run, first);
      const second = await flowRunOf(run, first.id);
      runPrefect(prefect.address, 'flow-run', 'cancel', second.id);
      expect(await lastRun(service, run.sourceId)).toMatchObject({ id: run.runId, state: 'cancelled' });
      expect(await prefect.ended(second.id)).toMatchObject({ state_type: 'CANCELLED' });
    }, NO_WORKER),
    LONG_MS,
  );

  it(
    'is cancelled in the end if the slot never becomes free',
    withPrefect(async ({ service, prefect }) => {
      const run = await submitted(service, prefect);
      const first = await flowRunOf(run);
      const { prefect: store, runs } = service.container.database;
      const queued = await runs.run(run.runId);
      if (!queued) throw new Error('there is no run');
      const last = await prefect.client.createFlowRun(run.deployment.id, {
        idempotency_key: idempotencyKey(queued, MAX_ATTEMPTS),
      });
      expect(await store.replaceFlowRun({ ...queued, flowRunId: first.id }, last.id, 0)).toBe(true);
      await collide(run, last);
      expect(await lastRun(service, run.sourceId)).toMatchObject({ id: run.runId, state: 'cancelled' });
      expect(await prefect.client.flowRun(last.id)).toMatchObject({ state_type: 'CANCELLED' });
    }, NO_WORKER),
    LONG_MS,
  );
});
