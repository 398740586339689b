import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DeploymentResponse, DeploymentUpdate } from '../../src/prefect/api_types.js';
import type { PrefectClient } from '../../src/prefect/client.js';
import {
  compareSpecs,
  type DeployedSource,
  type DeploymentSpec,
  deploymentChange,
  newDeployment,
  ourSpec,
  parseSynced,
  type SyncedSpec,
  serializeSynced,
  sourceIdOf,
  theirSpec,
} from '../../src/prefect/deployment_spec.js';
import { canonicalSchedules } from '../../src/prefect/schedules.js';
import { clientOf } from './clients.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { sharedPrefect } from './shared_server.js';

const SOURCE: DeployedSource = {
  ...{ id: 42, name: 'Euronews', identifier: '@euronews', target: 'LOCAL' },
  ...{ schedule: '0 */6 * * *', isActive: true },
};
const HOURLY = canonicalSchedules([{ cron: '0 * * * *', timezone: 'UTC' }]);
const INTERVAL = canonicalSchedules([
  { interval: 3600, anchor_date: '2026-01-01T00:00:00Z', timezone: 'UTC' },
]);

function ours(change: Partial<DeployedSource> = {}, kept: string | null = null): DeploymentSpec {
  return ourSpec({ ...SOURCE, ...change }, 'telegate', kept);
}

describe('a source as a deployment', () => {
  it('has its id in its name, and says what it is', () => {
    expect(ours()).toMatchObject({
      name: 'source-42',
      description:
        'Euronews: scrapes the Telegram channel @euronews and stores it in LOCAL. TeleGate manages this deployment ' +
        'as its source 42: pause it, change its schedule or run it on either side; everything else is set in TeleGate.',
      tags: ['Euronews', 'source:42'],
      isActive: true,
    });
    expect([sourceIdOf('source-42'), sourceIdOf('source-042'), sourceIdOf('source-x')]).toEqual([
      42,
      null,
      null,
    ]);
  });

  it('is created paused if the source is, runs once at a time, and fixes its source', () => {
    const body = newDeployment({ ...SOURCE, isActive: false }, { flowId: 'f', workPool: 'telegate' }, null);
    expect(body).toMatchObject({
      ...{ flow_id: 'f', paused: true, parameters: { source_id: 42 }, enforce_parameter_schema: true },
      // Without one, Prefect's interface does not run it.
      entrypoint: expect.any(String),
      ...{ work_pool_name: 'telegate', work_queue_name: 'default', concurrency_limit: 1 },
      concurrency_options: { collision_strategy: 'CANCEL_NEW', grace_period_seconds: 300 },
      schedules: [
        { slug: 'main', active: true, schedule: { cron: '0 */6 * * *', timezone: 'UTC', day_or: true } },
      ],
    });
    const place = { flowId: 'f', workPool: 'telegate' };
    expect(newDeployment({ ...SOURCE, schedule: null }, place, null).schedules).toEqual([]);
    expect(newDeployment({ ...SOURCE, schedule: null }, place, INTERVAL).schedules).toMatchObject([
      { slug: 'main', schedule: { interval: 3600 } },
    ]);
  });
});

describe('what both sides agreed on', () => {
  it('is read as it was saved', () => {
    const { isActive, schedule, tags } = ours();
    expect(parseSynced(serializeSynced(ours()))).toEqual({ isActive, schedule, tags });
    expect([parseSynced(null), parseSynced('{}')]).toEqual([null, null]);
  });
});

describe('the comparison of a source with its deployment', () => {
  const base: SyncedSpec = ours();
  it.each<[string, SyncedSpec | null, DeploymentSpec, Partial<DeploymentSpec>, string[], object]>([
    ['finds nothing where both are equal', base, ours(), {}, [], {}],
    ['finds nothing where both are equal, though they never agreed', null, ours(), {}, [], {}],
    ['pushes a schedule that changed here', base, ours({ schedule: '0 * * * *' }), ours(), ['schedule'], {}],
    ['pushes a pause', base, ours({ isActive: false }), ours(), ['isActive'], {}],
    ['pulls a schedule that changed there', base, ours(), { schedule: HOURLY }, [], { schedule: HOURLY }],
    ['pulls a schedule that was removed there', base, ours(), { schedule: null }, [], { schedule: null }],
    ['pulls a pause', base, ours(), { isActive: false }, [], { isActive: false }],
    [
      'pulls one and pushes the other',
      base,
      ours({ isActive: false }),
      { ...ours(), schedule: HOURLY },
      ['isActive'],
      { schedule: HOURLY },
    ],
    ['pushes where both changed', base, ours({ schedule: null }), { schedule: HOURLY }, ['schedule'], {}],
    [
      'finds nothing where both made the same change',
      base,
      ours({ schedule: '0 * * * *' }),
      { schedule: HOURLY },
      [],
      {},
    ],
    [
      'pushes all that differs where they never agreed',
      null,
      ours(),
      { schedule: HOURLY, isActive: false },
      ['isActive', 'schedule'],
      {},
    ],
    [
      'pushes what is of TeleGate alone',
      base,
      ours(),
      { name: 'x', description: '', tags: [] },
      ['name', 'description', 'tags'],
      {},
    ],
    [
      'pushes the wiring of a deployment that was emptied',
      base,
      ours(),
      { wiring: { ...ours().wiring, sourceId: undefined } },
      ['wiring'],
      {},
    ],
    [
      'keeps a foreign schedule',
      { ...base, schedule: INTERVAL },
      ours({ schedule: null }, INTERVAL),
      { schedule: INTERVAL },
      [],
      {},
    ],
    [
      'replaces a foreign schedule by a new one of the source',
      { ...base, schedule: INTERVAL },
      ours(),
      { schedule: INTERVAL },
      ['schedule'],
      {},
    ],
  ])('%s', (_, agreed, mine, theirs, push, pull) => {
    expect(compareSpecs(agreed, mine, { ...mine, ...theirs })).toEqual({ push, pull });
  });
});

describeWithPrefect()('a deployment on a real server', () => {
  let client: PrefectClient;
  let place: { flowId: string; workPool: string };
  let id = 0;
  beforeAll(async () => {
    client = clientOf(await sharedPrefect());
    const workPool = `pool-${randomUUID()}`;
    await client.createWorkPool({ name: workPool, type: 'telegate', base_job_template: {} });
    place = { workPool, flowId: (await client.flow(`flow-${randomUUID()}`)).id };
  }, 180_000);

  interface Made {
    readonly source: DeployedSource;
    readonly spec: (change?: Partial<DeployedSource>) => DeploymentSpec;
    readonly read: () => Promise<DeploymentResponse>;
    /** What is to be done about a source with this change, since it was created. */
    readonly compare: (change?: Partial<DeployedSource>) => Promise<ReturnType<typeof compareSpecs>>;
    readonly push: (change?: Partial<DeployedSource>) => Promise<void>;
    readonly patch: (body: DeploymentUpdate) => Promise<unknown>;
  }

  async function make(change: Partial<DeployedSource> = {}): Promise<Made> {
    id += 1;
    const source = { ...SOURCE, id, ...change };
    const created = await client.putDeployment(newDeployment(source, place, null));
    const spec = (changed = {}) => ourSpec({ ...source, ...changed }, place.workPool, null);
    const read = () => client.deployment(created.id);
    const compare = async (changed = {}) =>
      compareSpecs(spec(), spec(changed), theirSpec(await read(), spec(changed), spec()));
    const push = async (changed = {}) => {
      const { push: fields } = await compare(changed);
      const { patches, activate, remove } = deploymentChange(fields, spec(changed), await read(), spec());
      for (const body of patches) await client.patchDeployment(created.id, body);
      for (const schedule of activate) await client.patchSchedule(created.id, schedule, { active: true });
      for (const schedule of remove) await client.deleteSchedule(created.id, schedule);
    };
    return { source, spec, read, compare, push, patch: (body) => client.patchDeployment(created.id, body) };
  }

  it.each([
    ['a schedule', {}],
    ['none', { schedule: null }],
    ['seconds', { schedule: '15 */5 * * * *' }],
    ['both days', { schedule: '0 0 13 * fri' }],
    ['a range that wraps', { schedule: '0 22-2 * * sat-mon' }],
    ['a pause', { isActive: false }],
    ['a name of any letters', { name: 'Новости "дня" & <b>🙂' }],
  ])('with %s reads back as equal, so that nothing is pushed again', async (_, change) => {
    const made = await make(change);
    expect(await made.compare()).toEqual({ push: [], pull: {} });
  });

  it.each<[string, Partial<DeployedSource>]>([
    ['another schedule', { schedule: '*/10 * * * *' }],
    ['no schedule', { schedule: null }],
    ['a pause', { isActive: false }],
    ['another name and target', { name: 'Other', target: 'S3' }],
  ])('takes over %s, and is equal then', async (_, change) => {
    const made = await make();
    await made.push(change);
    expect(await made.compare(change)).toEqual({ push: [], pull: {} });
    const { schedule, tags } = theirSpec(await made.read(), made.spec(change), made.spec());
    expect({ schedule, tags }).toEqual({
      schedule: made.spec(change).schedule,
      tags: made.spec(change).tags,
    });
  });

  it('whose schedule was paused there is a paused source, and active again when it is', async () => {
    const { read, compare } = await make();
    const [schedule] = (await read()).schedules;
    await client.patchSchedule((await read()).id, schedule?.id ?? '', { active: false });
    expect(await compare()).toEqual({ push: [], pull: { isActive: false } });
    await client.patchSchedule((await read()).id, schedule?.id ?? '', { active: true });
    expect(await compare()).toEqual({ push: [], pull: {} });
  });

  it('whose schedule was paused there runs on it again once the source is resumed here', async () => {
    const { read, push, spec } = await make({ isActive: false });
    const [schedule] = (await read()).schedules;
    await client.patchSchedule((await read()).id, schedule?.id ?? '', { active: false });
    await push({ isActive: true });
    expect(theirSpec(await read(), spec(), null)).toMatchObject({ isActive: true });
  });

  it('keeps tags and default parameters that somebody added there', async () => {
    const { patch, push, read, source } = await make();
    const { tags, parameters } = await read();
    await patch({ tags: [...tags, 'team-a'], parameters: { ...parameters, limit: 500 } });
    await push({ name: 'Other' });
    const after = await read();
    expect(after.tags.toSorted()).toEqual(['Other', `source:${source.id}`, 'team-a']);
    expect(after.parameters).toEqual({ source_id: source.id, limit: 500 });
  });

  it('that somebody emptied gets all of it again, even if its schema forbids our parameters', async () => {
    const { patch, push, compare } = await make();
    const schema = { type: 'object', properties: { other: { type: 'string' } }, additionalProperties: false };
    await patch({ enforce_parameter_schema: false, parameters: { limit: 'x', other: 'y' } });
    await patch({ parameter_openapi_schema: schema, parameters: { other: 'y' } });
    await patch({ enforce_parameter_schema: true, tags: [], description: '', concurrency_limit: null });
    expect((await compare()).push).toEqual(['description', 'tags', 'wiring']);
    await push();
    expect(await compare()).toEqual({ push: [], pull: {} });
  });

  it('keeps the schedule that Prefect has and we cannot express', async () => {
    const { patch, read, spec } = await make({ schedule: null });
    await client.createSchedules((await read()).id, [{ schedule: { interval: 5400, timezone: 'UTC' } }]);
    const theirs = theirSpec(await read(), spec(), spec());
    expect(compareSpecs(spec(), spec(), theirs).pull).toEqual({ schedule: theirs.schedule });
    await patch({ description: 'other' });
    const kept = theirSpec(await read(), spec(), spec()).schedule;
    expect(kept).toBe(theirs.schedule);
  });
});
