import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import type { PrefectClient } from '../../src/prefect/client.js';
import { PrefectConflict, PrefectError, PrefectNotFound } from '../../src/prefect/errors.js';
import type { PrefectHttp } from '../../src/prefect/http.js';
import { clientOf, httpOf } from './clients.js';
import { deploy, propose, run } from './deployed.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

/** What TeleGate relies on, asked of a real server: read it as the contract, and run it on each new version. */
const describe = describeWithPrefect();
const START_MS = 180_000;

let server: PrefectServerAddress;
let client: PrefectClient;
let http: PrefectHttp;

function setUp(): void {
  beforeAll(async () => {
    server = await sharedPrefect();
    client = clientOf(server);
    http = httpOf(server);
  }, START_MS);
}

/** A request without the client: what it answers, and nothing followed. */
function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  return fetch(server.apiUrl + path, {
    method,
    redirect: 'manual',
    headers: {
      authorization: `Basic ${Buffer.from(server.authString).toString('base64')}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function status(method: string, path: string, body?: unknown): Promise<number> {
  return (await request(method, path, body)).status;
}

describe("Prefect's API", () => {
  setUp();

  it('says without credentials whether it lives, and with them its version', async () => {
    const open = await fetch(`${server.apiUrl}/health`);
    expect([open.status, await open.json()]).toEqual([200, true]);
    expect((await fetch(`${server.apiUrl}/ready`)).status).toBe(200);
    expect((await fetch(`${server.apiUrl}/admin/version`)).status).toBe(401);
    expect(await client.version()).toMatch(/^3\.\d+\.\d+/);
  });

  it('wants the slash at the end of a path exactly where its document has one', async () => {
    expect(await status('POST', '/flows', { name: 'f' })).toBe(307);
    expect(await status('POST', '/flows/filter/', {})).toBe(307);
  });

  it('refuses fields that it does not know', async () => {
    expect(await status('POST', '/flows/', { name: 'f', colour: 'red' })).toBe(422);
  });

  it('lists at most 200 at a time', async () => {
    expect(await status('POST', '/flow_runs/filter', { limit: 200 })).toBe(200);
    expect(await status('POST', '/flow_runs/filter', { limit: 201 })).toBe(422);
  });

  it('answers 201 for what it creates, and 200 for what was there', async () => {
    const name = `flow-${randomUUID()}`;
    expect(await status('POST', '/flows/', { name })).toBe(201);
    expect(await status('POST', '/flows/', { name })).toBe(200);
  });

  it('takes logs of a flow run, without a worker_id', async () => {
    const entry = { name: 'telegate', level: 20, message: 'read', timestamp: new Date().toISOString() };
    const { id } = await run(client, await deploy(client));
    expect(await status('POST', '/logs/', [{ ...entry, flow_run_id: id }])).toBe(201);
    expect(await status('POST', '/logs/', [{ ...entry, flow_run_id: id, worker_id: randomUUID() }])).toBe(
      422,
    );
  });

  it('has artifacts whose data can be changed, as a progress bar is', async () => {
    const { id } = await run(client, await deploy(client));
    const key = `scrape-${randomUUID()}`;
    const artifact = await client.createArtifact({ key, type: 'progress', data: 0, flow_run_id: id });
    await client.patchArtifact(artifact.id, { data: 42.5 });
    expect(await http.call('GET', `/artifacts/${artifact.id}`)).toMatchObject({ key, data: 42.5 });
  });

  it('takes events, such as the heartbeat of a flow run', async () => {
    const { id } = await run(client, await deploy(client));
    const resource = { 'prefect.resource.id': `prefect.flow-run.${id}` };
    const event = {
      id: randomUUID(),
      occurred: new Date().toISOString(),
      event: 'prefect.flow-run.heartbeat',
    };
    await client.emitEvents([{ ...event, resource, related: [], payload: {} }]);
  });
});

describe('a work pool', () => {
  setUp();

  it('may have any type, and exists once', async () => {
    const body = { name: `pool-${randomUUID()}`, type: 'telegate', base_job_template: {} };
    expect(await client.createWorkPool(body)).toMatchObject({ type: 'telegate' });
    await expect(client.createWorkPool(body)).rejects.toThrow(PrefectConflict);
  });

  it('is ready while a worker sends heartbeats', async () => {
    const { pool } = await deploy(client);
    expect(await client.workPool(pool)).toMatchObject({ status: 'NOT_READY' });
    await client.heartbeat(pool, { name: 'telegate host:1', heartbeat_interval_seconds: 30 });
    expect(await client.workPool(pool)).toMatchObject({ status: 'READY' });
  });

  it('lists the runs that are due to everybody who asks, late ones too, and claims none', async () => {
    const deployed = await deploy(client);
    const { id } = await run(client, deployed);
    const due = async () => {
      const body = { work_queue_names: ['default'], scheduled_before: new Date().toISOString(), limit: 10 };
      return (await client.scheduledFlowRuns(deployed.pool, body)).map(({ flow_run: found }) => found.id);
    };
    expect(await due()).toEqual([id]);
    await propose(client, { id }, 'SCHEDULED', { name: 'Late', at: new Date(Date.now() - 60_000) });
    expect(await due()).toEqual([id]);
    await propose(client, { id }, 'PENDING');
    expect(await due()).toEqual([]);
  });
});

describe('a deployment', () => {
  setUp();
  const main = (cron: string) => ({ slug: 'main', active: true, schedule: { cron, timezone: 'UTC' } });

  it('tells its concurrency limit only as the global one', async () => {
    const { deployment } = await deploy(client);
    expect(deployment.concurrency_limit).toBeNull();
    expect(deployment.global_concurrency_limit).toMatchObject({ limit: 1, active_slots: 0 });
  });

  it('cannot be renamed', async () => {
    const { deployment } = await deploy(client);
    expect(await status('PATCH', `/deployments/${deployment.id}`, { name: 'other' })).toBe(422);
  });

  it('loses its schedules when it is put without them, but keeps them when it is patched with none', async () => {
    const { deployment, flowId } = await deploy(client);
    const { id, name } = deployment;
    const schedules = async () => (await client.deployment(id)).schedules.map(({ schedule }) => schedule);
    await client.putDeployment({ name, flow_id: flowId, schedules: [main('0 0 1 1 *')] });
    await client.patchDeployment(id, { schedules: [] });
    expect(await schedules()).toEqual([{ cron: '0 0 1 1 *', timezone: 'UTC', day_or: true }]);
    await client.patchDeployment(id, { schedules: [main('0 0 2 1 *')] });
    expect(await schedules()).toEqual([{ cron: '0 0 2 1 *', timezone: 'UTC', day_or: true }]);
    await client.putDeployment({ name, flow_id: flowId });
    expect(await schedules()).toEqual([]);
  });

  it('patched with a schedule that has a slug has no other any more', async () => {
    const { deployment } = await deploy(client);
    await client.createSchedules(deployment.id, [
      { schedule: { interval: 3600 } },
      { schedule: { rrule: 'FREQ=DAILY' } },
    ]);
    await client.patchDeployment(deployment.id, { schedules: [main('0 0 1 1 *')] });
    expect((await client.deployment(deployment.id)).schedules.map(({ slug }) => slug)).toEqual(['main']);
  });

  it.each(['H * * * *', 'R * * * *', '0 0 L-3 * *', '0 0 15W * *'])('takes no schedule %s', async (cron) => {
    const { deployment } = await deploy(client);
    await expect(client.createSchedules(deployment.id, [main(cron)])).rejects.toMatchObject({
      answered: 422,
    });
  });

  it('refuses parameters that its schema does not allow, but checks no formats', async () => {
    const { deployment, flowId } = await deploy(client);
    const properties = {
      limit: { type: 'integer', minimum: 1 },
      since: { type: 'string', format: 'date-time' },
    };
    const schema = { type: 'object', properties, additionalProperties: false };
    await client.putDeployment({ name: deployment.name, flow_id: flowId, parameter_openapi_schema: schema });
    const create = (parameters: Record<string, unknown>) =>
      client.createFlowRun(deployment.id, { parameters });
    for (const wrong of [{ limit: 'many' }, { limit: 0 }, { other: 1 }]) {
      await expect(create(wrong)).rejects.toThrow(PrefectConflict);
    }
    expect((await create({ since: 'yesterday' })).parameters).toEqual({ since: 'yesterday' });
    expect((await create({ limit: null })).parameters).toEqual({ limit: null });
  });

  it('refuses parameters of 512 KiB', async () => {
    const { deployment } = await deploy(client);
    const parameters = { text: 'x'.repeat(512 * 1024) };
    await expect(client.createFlowRun(deployment.id, { parameters })).rejects.toThrow(PrefectError);
  });

  it('shares the idempotency keys of its runs with all deployments of its flow', async () => {
    const one = await deploy(client);
    const name = `d-${randomUUID()}`;
    const other = {
      ...one,
      deployment: await client.putDeployment({ name, flow_id: one.flowId, work_pool_name: one.pool }),
    };
    const key = randomUUID();
    const { id } = await run(client, one, key);
    expect((await run(client, one, key)).id).toBe(id);
    expect((await run(client, other, key)).id).toBe(id);
  });
});

describe('the state of a flow run', () => {
  setUp();

  it('is accepted from one of 20 workers that propose PENDING at once', async () => {
    const flowRun = await run(client, await deploy(client));
    const workers = Array.from({ length: 20 }, () =>
      propose(client, flowRun, 'PENDING', { transitionId: randomUUID() }),
    );
    const statuses = (await Promise.all(workers)).map((answer) => answer.status);
    expect(statuses.toSorted()).toEqual([...Array(19).fill('ABORT'), 'ACCEPT']);
  });

  it('that was accepted comes back with its transition id to the worker that proposes it again', async () => {
    const flowRun = await run(client, await deploy(client));
    const transitionId = randomUUID();
    await propose(client, flowRun, 'PENDING', { transitionId });
    const again = await propose(client, flowRun, 'PENDING', { transitionId });
    expect([again.status, again.state?.state_details?.transition_id]).toEqual(['REJECT', transitionId]);
  });

  it('is CANCELLED for a second run while the first one has the slot, until that awaits a retry', async () => {
    const deployed = await deploy(client);
    const [first, second, third] = await Promise.all([
      run(client, deployed),
      run(client, deployed),
      run(client, deployed),
    ]);
    expect((await propose(client, first, 'PENDING')).status).toBe('ACCEPT');
    expect((await propose(client, first, 'RUNNING')).status).toBe('ACCEPT');
    expect(await propose(client, second, 'PENDING')).toMatchObject({
      status: 'REJECT',
      state: { type: 'CANCELLED' },
    });
    await propose(client, first, 'SCHEDULED', { name: 'AwaitingRetry', at: new Date() });
    expect((await propose(client, third, 'PENDING')).status).toBe('ACCEPT');
  });

  it('may become COMPLETED after CANCELLED, if the worker is late', async () => {
    const flowRun = await run(client, await deploy(client));
    for (const type of ['PENDING', 'RUNNING', 'CANCELLING', 'CANCELLED'] as const)
      await propose(client, flowRun, type);
    expect(await propose(client, flowRun, 'COMPLETED')).toMatchObject({ status: 'ACCEPT' });
  });

  it("holds a slot as long as it is RUNNING, without a lease that the client would have to renew, as Prefect's own has to", async () => {
    const renewing = async (agent: string) => {
      const { id } = await run(client, await deploy(client));
      const set = (type: string) =>
        request('POST', `/flow_runs/${id}/set_state`, { state: { type } }, { 'user-agent': agent });
      await set('PENDING');
      const lease = (await client.flowRun(id)).state?.state_details?.deployment_concurrency_lease_id;
      await set('RUNNING');
      return status('POST', `/v2/concurrency_limits/leases/${lease}/renew`, { lease_duration: 60 });
    };
    expect(await renewing('telegate')).toBe(410);
    expect(await renewing('prefect/3.9.1 (API 0.8.4)')).toBe(204);
  });

  it('can still be set once the deployment was deleted, which deletes those of its runs that have not begun', async () => {
    const deployed = await deploy(client);
    const [flowRun, waiting] = [await run(client, deployed), await run(client, deployed)];
    await propose(client, flowRun, 'PENDING');
    await propose(client, flowRun, 'RUNNING');
    await client.deleteDeployment(deployed.deployment.id);
    expect(await propose(client, flowRun, 'COMPLETED')).toMatchObject({ status: 'ACCEPT' });
    await expect(client.flowRun(waiting.id)).rejects.toThrow(PrefectNotFound);
  });
});
