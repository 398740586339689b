import { expect, it } from '@jest/globals';
import type { Deployment } from '../../src/prefect/store.js';
import { makeSources } from './runs.js';
import { addSource } from './sources.js';
import { type MakeStores, type Stores, T0, usingStores } from './stores.js';

const SYNCED = { deploymentId: 'deployment-1', synced: '{"name":"news"}', foreignSchedule: null };

/** The deployments of sources, and what is due of them. */
export function deployments(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are there, and due, as soon as the source is',
    using(async (stores) => {
      const source = await addSource(stores);
      const deployment: Deployment = {
        ...{ sourceId: source.id, deploymentId: null, synced: null, foreignSchedule: null, error: null },
        ...{ revision: 1, syncedRevision: 0 },
      };
      expect(await stores.prefect.dueDeployments(0, 10)).toEqual([{ deployment, source }]);
      expect(await stores.prefect.deploymentsOf([source.id, 99])).toEqual([deployment]);
      expect(await stores.prefect.deploymentsOf([])).toEqual([]);
    }),
  );

  it(
    'are due after each change of their source, whatever kind it is of',
    using(async (stores) => {
      const { sources } = stores;
      const { id } = await addSource(stores);
      await expectDue(stores, id, () => sources.edit(id, { name: 'other' }, T0));
      await expectDue(stores, id, () => sources.fillTitle(id, 'Found'));
      await expectDue(stores, id, () => sources.remove(id));
      expect(await stores.prefect.dueDeployments(0, 10)).toMatchObject([{ source: null }]);
    }),
  );

  it(
    'are not due for what does not change their source',
    using(async (stores) => {
      const { sources, prefect } = stores;
      const { id } = await addSource(stores, { channelTitle: 'Its own', botToken: 'token' });
      await sync(stores, id);
      await sources.fillTitle(id, 'Found');
      await sources.keepBotSession(id, 'token', 'session');
      await sources.edit(99, { name: 'other' }, T0);
      await sources.remove(99);
      expect(await prefect.dueDeployments(0, 10)).toEqual([]);
      expect(await prefect.deployments(0, 10)).toHaveLength(1);
    }),
  );

  it(
    'stay due if the source was changed while Prefect was told',
    using(async (stores) => {
      const { id } = await addSource(stores);
      await stores.prefect.saveError(id, 'Prefect does not answer');
      expect(await deploymentOf(stores, id)).toMatchObject({ error: 'Prefect does not answer' });
      await stores.sources.edit(id, { name: 'other' }, T0);
      await stores.prefect.saveSynced(id, { ...SYNCED, foreignSchedule: 'RRULE:\0', revision: 1 });
      const told = { ...SYNCED, error: null };
      expect(await deploymentOf(stores, id)).toMatchObject({ ...told, revision: 2, syncedRevision: 1 });
      expect(await stores.prefect.dueDeployments(0, 10)).toHaveLength(1);
      await stores.prefect.saveSynced(id, { ...SYNCED, foreignSchedule: 'RRULE:\0', revision: 2 });
      expect(await deploymentOf(stores, id)).toMatchObject({ ...told, foreignSchedule: 'RRULE:\uFFFD' });
    }),
  );

  it(
    'keep a schedule of Prefect until the source gets another, or none',
    using(async (stores) => {
      const { id } = await addSource(stores);
      for (const schedule of ['0 * * * *', null]) {
        const { revision = 0 } = (await deploymentOf(stores, id)) ?? {};
        await stores.prefect.saveSynced(id, { ...SYNCED, foreignSchedule: 'every 90 s', revision });
        await stores.sources.edit(id, { name: 'other' }, T0);
        expect(await deploymentOf(stores, id)).toMatchObject({ foreignSchedule: 'every 90 s' });
        await stores.sources.edit(id, { schedule }, T0);
        expect(await deploymentOf(stores, id)).toMatchObject({ foreignSchedule: null });
      }
    }),
  );

  it(
    'are listed by source, a page at a time',
    using(async (stores) => {
      const [one = 0, two = 0, three = 0] = await makeSources(stores, 3);
      await sync(stores, two);
      const { prefect } = stores;
      const idsOf = (found: readonly { deployment: Deployment }[]) =>
        found.map(({ deployment }) => deployment.sourceId);
      expect(idsOf(await prefect.deployments(0, 2))).toEqual([one, two]);
      expect(idsOf(await prefect.deployments(two, 2))).toEqual([three]);
      expect(idsOf(await prefect.dueDeployments(0, 9))).toEqual([one, three]);
      expect(idsOf(await prefect.dueDeployments(one, 9))).toEqual([three]);
    }),
  );

  it(
    'outlive their source until they are forgotten, and no source is without one',
    using(async (stores) => {
      const { id } = await addSource(stores);
      await stores.prefect.forget(id);
      expect(await stores.prefect.deployments(0, 10)).toHaveLength(1);
      await stores.sources.remove(id);
      await stores.prefect.forget(id);
      expect(await stores.prefect.deployments(0, 10)).toEqual([]);
    }),
  );

  it(
    'pass on changes from Prefect, which are no revisions',
    using(async (stores) => {
      const { prefect, sources } = stores;
      const source = await addSource(stores, { schedule: '0 * * * *' });
      await sync(stores, source.id);
      const paused = { schedule: null, isActive: false, foreignSchedule: 'every 90 s' };
      expect(await prefect.applyFromPrefect(source.id, 1, paused, 'agreed', T0 + 1)).toBe(true);
      const after = { ...source, schedule: null, isActive: false, updatedAt: T0 + 1 };
      expect(await sources.source(source.id)).toEqual(after);
      const agreed = { synced: 'agreed', foreignSchedule: 'every 90 s', revision: 1, syncedRevision: 1 };
      expect(await deploymentOf(stores, source.id)).toMatchObject(agreed);
      expect(await prefect.dueDeployments(0, 10)).toEqual([]);
      // With no field given, only what was agreed on changes.
      expect(await prefect.applyFromPrefect(source.id, 1, {}, 'agreed again', T0 + 2)).toBe(true);
      expect(await sources.source(source.id)).toEqual(after);
      expect(await deploymentOf(stores, source.id)).toMatchObject({ ...agreed, synced: 'agreed again' });
    }),
  );

  it(
    'do not overwrite what was changed here meanwhile',
    using(async (stores) => {
      const { prefect, sources } = stores;
      const { id } = await addSource(stores);
      await sources.edit(id, { schedule: '0 * * * *' }, T0);
      expect(await prefect.applyFromPrefect(id, 1, { schedule: null }, 'agreed', T0)).toBe(false);
      expect(await sources.source(id)).toMatchObject({ schedule: '0 * * * *' });
      expect(await prefect.applyFromPrefect(99, 1, { schedule: null }, 'agreed', T0)).toBe(false);
    }),
  );
}

async function deploymentOf({ prefect }: Stores, sourceId: number): Promise<Deployment | undefined> {
  return (await prefect.deploymentsOf([sourceId]))[0];
}

/** Prefect has the latest revision. */
async function sync(stores: Stores, sourceId: number): Promise<void> {
  const { revision = 0 } = (await deploymentOf(stores, sourceId)) ?? {};
  await stores.prefect.saveSynced(sourceId, { ...SYNCED, revision });
}

async function expectDue(stores: Stores, sourceId: number, change: () => Promise<unknown>): Promise<void> {
  await sync(stores, sourceId);
  expect(await stores.prefect.dueDeployments(0, 10)).toEqual([]);
  const before = await deploymentOf(stores, sourceId);
  await change();
  const [due] = await stores.prefect.dueDeployments(0, 10);
  expect(due?.deployment).toEqual({ ...before, revision: (before?.revision ?? 0) + 1 });
}
