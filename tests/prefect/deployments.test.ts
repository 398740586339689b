import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { type DeployedSources, withDeployedSources } from './deployed_sources.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

const describe = describeWithPrefect();

let server: PrefectServerAddress;
beforeAll(async () => {
  server = await sharedPrefect();
}, 180_000);

function using(test: (sources: DeployedSources) => Promise<void>): () => Promise<void> {
  return withDeployedSources(() => server, test);
}

describe('a source', () => {
  it(
    'has a deployment as soon as it is created',
    using(async (sources) => {
      const { id } = await sources.create({ name: 'News', schedule: '*/5 * * * *' });
      await sources.synchronised(id);
      const deployment = await sources.deployment(id);
      expect(deployment).toMatchObject({
        ...{ name: `source-${id}`, paused: false, tags: ['News', `source:${id}`] },
        ...{ work_pool_name: sources.pool, parameters: { source_id: id } },
        description: expect.stringContaining('News: scrapes the Telegram channel @technews'),
        global_concurrency_limit: expect.objectContaining({ limit: 1 }),
        schedules: [expect.objectContaining({ active: true, slug: 'main' })],
      });
      expect(deployment.schedules[0]?.schedule).toMatchObject({ cron: '*/5 * * * *', timezone: 'UTC' });
      expect((await sources.source(id)).deployment).toEqual({
        ...{ id: deployment.id, synchronised: true, schedule: null, error: null },
        url: `${server.url}/deployments/deployment/${deployment.id}`,
      });
    }),
  );

  it(
    'has each change of it in Prefect at once',
    using(async (sources) => {
      const { id } = await sources.create({ schedule: '*/5 * * * *' });
      await sources.synchronised(id);
      await sources.change(id, { name: 'Other', schedule: '0 0 * * *', is_active: false });
      await sources.synchronised(id);
      const changed = await sources.deployment(id);
      expect(changed).toMatchObject({ paused: true, tags: ['Other', `source:${id}`] });
      expect(changed.schedules.map(({ schedule }) => schedule)).toEqual([
        { cron: '0 0 * * *', timezone: 'UTC', day_or: true },
      ]);
      await sources.change(id, { schedule: '', is_active: true });
      await sources.synchronised(id);
      expect(await sources.deployment(id)).toMatchObject({ paused: false, schedules: [] });
    }),
  );

  it(
    'that is deleted has none any more',
    using(async (sources) => {
      const { id } = await sources.create();
      await sources.synchronised(id);
      await sources.remove(id);
      await sources.eventually(async () => !(await sources.isDeployed(id)));
      await sources.eventually(async () => (await rows(sources)).length === 0);
    }),
  );

  it(
    'whose schedule Prefect has no word for says so',
    using(async (sources) => {
      const { id } = await sources.create({ schedule: '0 0 L-3 * *' });
      await sources.synchronised(id);
      expect((await sources.source(id)).deployment).toMatchObject({
        error: 'schedule: Prefect has no word for 0 0 L-3 * *, so the source runs there on demand only',
      });
      await sources.change(id, { schedule: '0 0 3 * *' });
      await sources.synchronised(id);
      expect((await sources.source(id)).deployment).toMatchObject({ error: null });
    }),
  );

  it(
    'that Prefect refuses is told why, and tried again, and the others are not affected',
    using(async (sources) => {
      const [refused, other] = [await sources.createDeployed(), await sources.createDeployed()];
      const [id = 0, otherId = 0] = [refused, other].map(({ name }) => Number(name.slice('source-'.length)));
      // As a server before may have had it, which took more.
      await sources.service.container.database.prefect.saveSynced(id, {
        ...{ deploymentId: refused.id, revision: 1, foreignSchedule: 'cron tea' },
        synced: JSON.stringify({ isActive: true, schedule: '[{"cron":"tea"}]', tags: [] }),
      });
      await sources.client.deleteDeployment(refused.id);
      await sources.compare();
      await sources.eventually(async () => (await sources.source(id)).deployment?.error !== null);
      expect((await sources.source(id)).deployment?.error).toMatch(/with 422: .*cron/);
      await sources.change(otherId, { name: 'Goes on' });
      await sources.synchronised(otherId);
      await sources.change(id, { schedule: '0 0 * * *' });
      // It is tried again after 15 s, with the next comparison.
      await sources.compare();
      await sources.compare();
      await sources.eventually(async () => (await sources.source(id)).deployment?.error === null);
      expect(await sources.deployment(id)).toMatchObject({
        schedules: [{ schedule: { cron: '0 0 * * *' } }],
      });
    }),
  );
});

describe('a deployment', () => {
  it(
    'that was deleted in Prefect is made again, with its schedule, and the log says so',
    using(async (sources) => {
      const deployment = await sources.createDeployed({ schedule: '*/5 * * * *' });
      const id = idOf(deployment.name);
      await sources.prefect('deployment', 'delete', `${sources.flow}/${deployment.name}`);
      await sources.compare();
      await sources.eventually(() => sources.isDeployed(id));
      const again = await sources.deployment(id);
      expect(again.id).not.toBe(deployment.id);
      expect(again.schedules).toHaveLength(1);
      await sources.eventually(async () => (await sources.source(id)).deployment?.id === again.id);
      const [entry] = sources.logged('a deployment was deleted in Prefect; it was made again');
      expect(entry).toMatchObject({ level: 'warn', source_id: id });
    }),
  );

  it(
    'that somebody emptied is repaired',
    using(async (sources) => {
      const { id, name } = await sources.createDeployed({ name: 'News' });
      const emptied = { description: '', tags: ['mine'], parameters: {}, concurrency_limit: null };
      await sources.client.patchDeployment(id, { ...emptied, enforce_parameter_schema: false });
      await sources.compare();
      await sources.eventually(async () => (await sources.deployment(idOf(name))).enforce_parameter_schema);
      const { tags, ...repaired } = await sources.deployment(idOf(name));
      expect(tags?.toSorted()).toEqual(['News', 'mine', `source:${idOf(name)}`]);
      expect(repaired).toMatchObject({
        parameters: { source_id: idOf(name) },
        global_concurrency_limit: expect.objectContaining({ limit: 1 }),
      });
    }),
  );

  it(
    'without a source is deleted if it has the name of one, and belongs to the work pool',
    using(async (sources) => {
      const { flow_id: flowId } = await sources.createDeployed();
      const make = (name: string, pool: string) =>
        sources.client.putDeployment({ name, flow_id: flowId, work_pool_name: pool });
      const other = `pool-${randomUUID()}`;
      await sources.client.createWorkPool({ name: other, type: 'telegate', base_job_template: {} });
      await make('source-900', sources.pool);
      await make('source-901', other);
      await make('nightly', sources.pool);
      await sources.compare();
      await sources.eventually(async () => !(await sources.isDeployed(900)));
      expect(await sources.isDeployed(901)).toBe(true);
      expect(await sources.client.deploymentNamed(sources.flow, 'nightly')).toBeTruthy();
      expect(sources.logged('a deployment without a source was deleted')).toHaveLength(1);
    }),
  );
});

function idOf(name: string): number {
  return Number(name.slice('source-'.length));
}

/** The rows of deployments, those of deleted sources too. */
function rows({ service }: DeployedSources) {
  return service.container.database.prefect.deployments(0, 10);
}
