import { beforeAll, expect, it } from '@jest/globals';
import { PrefectNotFound } from '../../src/prefect/errors.js';
import { httpOf } from './clients.js';
import { propose } from './deployed.js';
import { type DeployedSources, withDeployedSources } from './deployed_sources.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

const describe = describeWithPrefect();

let server: PrefectServerAddress;
beforeAll(async () => {
  server = await sharedPrefect();
}, 180_000);

/** Several waits for Prefect, each of which may take long on a busy machine. */
const TIMEOUT_MS = 90_000;

function using(
  test: (sources: DeployedSources, id: number, name: string) => Promise<void>,
  schedule = '*/5 * * * *',
) {
  return withDeployedSources(
    () => server,
    async (sources) => {
      const { id } = await sources.create({ schedule });
      await sources.synchronised(id);
      await test(sources, id, `${sources.flow}/source-${id}`);
    },
  );
}

/** After the next comparison. */
async function expectSource(sources: DeployedSources, id: number, expected: object): Promise<void> {
  await sources.compare();
  await sources.eventually(async () => {
    const source = await sources.source(id);
    return Object.entries(expected).every(([field, value]) => source[field as keyof typeof source] === value);
  });
}

describe("what is changed by Prefect's command line", () => {
  it(
    'pauses and resumes the source: its schedule',
    using(async (sources, id, name) => {
      const [schedule] = (await sources.deployment(id)).schedules;
      await sources.prefect('deployment', 'schedule', 'pause', name, schedule?.id ?? '');
      await expectSource(sources, id, { is_active: 'inactive', schedule: '*/5 * * * *' });
      await sources.prefect('deployment', 'schedule', 'resume', name, schedule?.id ?? '');
      await expectSource(sources, id, { is_active: 'active' });
    }),
    TIMEOUT_MS,
  );

  it(
    'is the schedule of the source: one that was replaced, or removed',
    using(async (sources, id, name) => {
      await sources.prefect(
        'deployment',
        'schedule',
        'create',
        name,
        '--cron',
        '0 6 * * *',
        '--replace',
        '--accept-yes',
      );
      await expectSource(sources, id, { schedule: '0 6 * * *' });
      await sources.prefect('deployment', 'schedule', 'clear', name, '--accept-yes');
      await expectSource(sources, id, { schedule: null, is_active: 'active' });
    }),
    TIMEOUT_MS,
  );

  it(
    'is kept and shown where it is a schedule that a source cannot express, until the source gets another',
    using(async (sources, id, name) => {
      await sources.prefect(
        'deployment',
        'schedule',
        'create',
        name,
        '--rrule',
        'FREQ=DAILY;COUNT=9',
        '--replace',
        '--accept-yes',
      );
      await expectSource(sources, id, { schedule: null, is_active: 'active' });
      const { deployment } = await sources.source(id);
      expect(deployment).toMatchObject({ synchronised: true, error: null });
      expect(deployment?.schedule).toMatch(/^RRULE .*FREQ=DAILY;COUNT=9/);
      const { schedules } = await sources.deployment(id);
      await sources.change(id, { name: 'Other' });
      await sources.synchronised(id);
      expect((await sources.deployment(id)).schedules.map(({ schedule }) => schedule)).toEqual(
        schedules.map(({ schedule }) => schedule),
      );
      await sources.change(id, { schedule: '0 7 * * *' });
      await sources.synchronised(id);
      expect((await sources.deployment(id)).schedules.map(({ schedule }) => schedule)).toEqual([
        { cron: '0 7 * * *', timezone: 'UTC', day_or: true },
      ]);
      expect(await sources.source(id)).toMatchObject({ deployment: { schedule: null } });
    }),
    TIMEOUT_MS,
  );
});

describe('what is changed in Prefect', () => {
  const pausing = async (address: PrefectServerAddress, id: string, how: 'pause' | 'resume') =>
    httpOf(address).call('POST', `/deployments/${id}/${how}_deployment`);

  it(
    'pauses and resumes the source: its deployment',
    using(async (sources, id) => {
      const deployment = await sources.deployment(id);
      await pausing(sources.server, deployment.id, 'pause');
      await expectSource(sources, id, { is_active: 'inactive' });
      await pausing(sources.server, deployment.id, 'resume');
      await expectSource(sources, id, { is_active: 'active' });
      expect(sources.logged('a source was changed in Prefect')).toHaveLength(2);
    }),
    TIMEOUT_MS,
  );

  it(
    'is kept where it is several schedules, another time zone or an interval, and goes when the source clears it',
    using(async (sources, id) => {
      const deployment = await sources.deployment(id);
      const berlin = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };
      const more = [
        { slug: 'berlin', schedule: berlin },
        { slug: 'often', schedule: { interval: 5400, timezone: 'UTC' } },
      ];
      await sources.client.createSchedules(deployment.id, more);
      await expectSource(sources, id, { schedule: null });
      const shown = (await sources.source(id)).deployment?.schedule;
      expect(shown).toContain('cron 0 9 * * *');
      expect(shown).toContain('(Europe/Berlin)');
      expect(shown).toContain('every 1 hour 30 minutes');
      await sources.change(id, { is_active: false });
      await sources.synchronised(id);
      expect(await sources.deployment(id)).toMatchObject({ paused: true, schedules: { length: 3 } });
      await sources.change(id, { schedule: '' });
      await sources.synchronised(id);
      expect(await sources.deployment(id)).toMatchObject({ paused: true, schedules: [] });
      expect((await sources.source(id)).deployment?.schedule).toBeNull();
    }),
    TIMEOUT_MS,
  );

  it(
    'stays where a paused source gets another schedule',
    using(async (sources, id) => {
      const deployment = await sources.deployment(id);
      const [schedule] = deployment.schedules;
      await sources.client.patchSchedule(deployment.id, schedule?.id ?? '', { active: false });
      await expectSource(sources, id, { is_active: 'inactive' });
      await sources.change(id, { schedule: '0 8 * * *' });
      await sources.synchronised(id);
      expect(await sources.deployment(id)).toMatchObject({ paused: true });
      await expectSource(sources, id, { is_active: 'inactive', schedule: '0 8 * * *' });
    }),
    TIMEOUT_MS,
  );

  it(
    'yields to what was changed here at the same time',
    using(async (sources, id) => {
      const deployment = await sources.deployment(id);
      const cron = { cron: '0 1 * * *', timezone: 'UTC', day_or: true };
      await sources.client.patchDeployment(deployment.id, {
        paused: true,
        schedules: [{ slug: 'main', schedule: cron }],
      });
      await sources.change(id, { schedule: '0 2 * * *' });
      await sources.synchronised(id);
      expect(await sources.source(id)).toMatchObject({ schedule: '0 2 * * *', is_active: 'inactive' });
      const after = await sources.deployment(id);
      expect(after).toMatchObject({ paused: true });
      expect(after.schedules.map(({ schedule }) => schedule)).toEqual([{ ...cron, cron: '0 2 * * *' }]);
    }),
    TIMEOUT_MS,
  );
});

describe('a source that is deleted while its runs go on', () => {
  it(
    'keeps its deployment, paused, until they have ended; all of them are cancelled',
    using(async (sources, id) => {
      const { id: deploymentId } = await sources.deployment(id);
      const { client } = sources;
      const [running, waiting] = [
        await client.createFlowRun(deploymentId, { parameters: { source_id: id } }),
        await client.createFlowRun(deploymentId, { parameters: { source_id: id } }),
      ];
      await propose(client, running, 'PENDING');
      await propose(client, running, 'RUNNING');
      await sources.remove(id);
      await sources.eventually(async () => (await client.flowRun(running.id)).state_type === 'CANCELLING');
      expect(await sources.deployment(id)).toMatchObject({ paused: true });
      expect(await client.flowRun(waiting.id)).toMatchObject({ state_type: 'CANCELLED' });
      const answer = await propose(client, running, 'CANCELLED');
      expect(answer).toMatchObject({ status: 'ACCEPT' });
      await sources.eventually(async () => !(await sources.isDeployed(id)));
      expect(await client.flowRun(running.id)).toMatchObject({ state_type: 'CANCELLED' });
    }),
    TIMEOUT_MS,
  );

  it(
    'does not wait for a worker that is gone',
    using(async (sources, id) => {
      const { client } = sources;
      const { id: deploymentId } = await sources.deployment(id);
      const lost = await client.createFlowRun(deploymentId, { parameters: { source_id: id } });
      await propose(client, lost, 'PENDING');
      await sources.remove(id);
      await sources.eventually(async () => (await client.flowRun(lost.id)).state_type === 'CANCELLING');
      await sources.service.time.advance(61);
      await sources.eventually(async () => !(await sources.isDeployed(id)));
      expect(await client.flowRun(lost.id)).toMatchObject({ state_type: 'CANCELLED' });
      await expect(client.deployment(deploymentId)).rejects.toThrow(PrefectNotFound);
    }),
    TIMEOUT_MS,
  );
});
