import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { seedSource } from '../sources/seeding.js';
import { clientOf } from './clients.js';
import { type DeployedOptions, type DeployedSources, withDeployedSources } from './deployed_sources.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { PrefectServer } from './server.js';

const describe = describeWithPrefect();

/** A server of its own, which is stopped and restarted. */
let server: PrefectServer;
beforeAll(async () => {
  server = await PrefectServer.make();
}, 180_000);
afterAll(() => server?.destroy());

const TIMEOUT_MS = 120_000;

function using(test: (sources: DeployedSources) => Promise<void>, options?: DeployedOptions) {
  return withDeployedSources(() => server.address, test, options);
}

async function checks({ service }: DeployedSources): Promise<Readonly<Record<string, string>>> {
  return (await service.as(null).get('/ready').expect(200)).body.checks;
}

describe('while Prefect is away', () => {
  it(
    'the service starts, is ready, says so, and makes deployments once Prefect is back',
    async () => {
      await server.stop();
      const test = using(async (sources) => {
        expect((await checks(sources)).prefect).toContain('Prefect does not answer at');
        const { id, deployment } = await sources.create();
        const error = expect.stringContaining('Prefect does not answer at');
        expect(deployment).toMatchObject({ id: null, synchronised: false, error });
        await server.start();
        await sources.synchronised(id);
        expect(await checks(sources)).toMatchObject({ prefect: 'ok' });
        expect(sources.logged('Prefect is available')).toHaveLength(1);
      });
      await test();
    },
    TIMEOUT_MS,
  );

  it(
    'it is said within five seconds, and again soon after Prefect is back',
    using(async (sources) => {
      expect((await checks(sources)).prefect).toBe('ok');
      await server.stop();
      await sources.service.time.advance(5);
      expect((await checks(sources)).prefect).toContain('Prefect does not answer at');
      await server.start();
      await sources.eventually(async () => (await checks(sources)).prefect === 'ok');
    }),
    TIMEOUT_MS,
  );

  it(
    'sources are created, changed and deleted, and Prefect has all of it once it is back',
    using(async (sources) => {
      const [edited, deleted] = [await sources.create(), await sources.create()];
      await sources.synchronised(edited.id);
      await sources.synchronised(deleted.id);
      await server.stop();
      await sources.change(edited.id, { name: 'Edited', is_active: false });
      await sources.remove(deleted.id);
      const { id } = await sources.create();
      await sources.service.time.advance(20);
      expect(await sources.source(edited.id)).toMatchObject({ deployment: { synchronised: false } });
      await server.start();
      await sources.synchronised(edited.id);
      await sources.synchronised(id);
      const { paused, tags } = await sources.deployment(edited.id);
      expect([paused, tags?.toSorted()]).toEqual([true, ['Edited', `source:${edited.id}`]]);
      await sources.eventually(async () => !(await sources.isDeployed(deleted.id)));
    }),
    TIMEOUT_MS,
  );
});

describe('a service', () => {
  it(
    'is refused at the start by a work pool of another type, and with other credentials, in one sentence',
    async () => {
      const pool = `pool-${randomUUID()}`;
      await clientOf(server.address).createWorkPool({ name: pool, type: 'process', base_job_template: {} });
      const never = async () => {
        throw new Error('it started');
      };
      await expect(using(never, { place: { flow: 'other', pool } })()).rejects.toThrow(
        `PREFECT_WORK_POOL: Prefect has a work pool ${pool} of the type process`,
      );
      const settings = { PREFECT_API_AUTH_STRING: 'admin:wrong' };
      await expect(using(never, { settings })()).rejects.toThrow('does not accept what is set (401)');
    },
    TIMEOUT_MS,
  );

  it(
    'gives sources that it has their deployments when Prefect is switched on; switched off, it says what does not run',
    using(async (sources) => {
      const { service } = sources;
      const { id } = await seedSource(service, { schedule: '0 0 1 1 *' });
      await service.stop();
      await service.start();
      await sources.synchronised(id);
      const deployment = await sources.deployment(id);
      await sources.client.createSchedules(deployment.id, [{ schedule: { interval: 5400 } }]);
      await sources.compare();
      await sources.eventually(async () => (await sources.source(id)).schedule === null);
      await service.stop();
      delete sources.settings.PREFECT_API_URL;
      delete sources.settings.PREFECT_API_AUTH_STRING;
      await service.start();
      expect((await sources.source(id)).deployment).toMatchObject({
        ...{
          synchronised: false,
          url: null,
          schedule: expect.stringContaining('every 1 hour 30 minutes'),
        },
        error: expect.stringContaining('the source runs on demand only'),
      });
      await sources.change(id, { schedule: '0 0 2 1 *' });
      expect(await sources.source(id)).toMatchObject({ schedule: '0 0 2 1 *', deployment: null });
    }),
    TIMEOUT_MS,
  );
});
