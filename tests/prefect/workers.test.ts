import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { PrefectUnreachable } from '../../src/prefect/errors.js';
import { logIn, post } from '../logins/over_sandbox.js';
import { idsOf, lastRun, linesOf, makeSource, runOnce } from '../scraping/scraped.js';
import { logInSome, smallWorld } from '../scraping/small_world.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { findPrefect } from './installation.js';
import { newsWorld } from './news_world.js';
import { type Workers, withWorkers } from './workers.js';

const withPrefect = describeWithPrefect();
const withDatabase = await describeWithServer();
/** Skipped unless both servers are there. */
const describe = findPrefect() ? withDatabase : withPrefect;

const PHONES = ['+9996610001', '+9996610002'];
const LONG_MS = 300_000;
/** `npm run bench prefect -- --way race` has more. */
const ROUNDS = 6;
const NEWS = { seed: newsWorld(2_000) };

/** A source whose run is under way, slowly. */
async function underWay({ service, sandbox, prefect }: Workers) {
  for (const phone of PHONES) await logIn({ service, sandbox }, phone);
  sandbox.faults.add({ fault: 'slow', milliseconds: 300, method: 'messages.getHistory' });
  const sourceId = await makeSource(service, 'sandbox_news', { file_types: [] });
  const deployment = await prefect.deployed(service, sourceId);
  const run = await runOnce(service, sourceId, ({ messages_stored }) => messages_stored >= 200);
  const [flowRun] = await prefect.flowRuns(deployment);
  return { sourceId, deployment, run, flowRunId: flowRun?.id ?? '' };
}

/** That it was continued to its end, nothing twice, and the slot is free. */
async function completes(world: Workers, begun: Awaited<ReturnType<typeof underWay>>) {
  const { service, sandbox, prefect } = world;
  sandbox.faults.clear();
  const isCompleted = ({ state }: { state: string }) => state === 'completed';
  expect(await runOnce(service, begun.sourceId, isCompleted)).toMatchObject({
    id: begun.run.id,
    error: null,
  });
  expect(linesOf({ dataDir: world.dataDir }, begun.sourceId).map((line) => line.id)).toEqual(
    idsOf(sandbox, 'Sandbox News'),
  );
  expect(await prefect.ended(begun.flowRunId)).toMatchObject({ state_type: 'COMPLETED' });
  await eventually(async () => (await prefect.slots(begun.deployment)) === 0);
  expect(sandbox.connections.overlaps()).toEqual([]);
  const { body } = await post(service, `/sources/${begun.sourceId}/trigger`, {}).expect(200);
  await runOnce(service, begun.sourceId, ({ id, state }) => id === body.run_id && state === 'completed');
}

describe('workers of one database', () => {
  it(
    'hand a run over when one is stopped',
    withWorkers(async (world) => {
      const first = await world.start();
      const begun = await underWay(world);
      await world.start();
      const stopped = Date.now();
      await first.dispose();
      const before = (await runOnce(world.service, begun.sourceId, () => true)).messages_stored;
      await runOnce(world.service, begun.sourceId, ({ messages_stored }) => messages_stored > before);
      expect(Date.now() - stopped).toBeLessThan(15_000);
      await completes(world, begun);
    }, NEWS),
    LONG_MS,
  );

  it(
    'continue a run whose worker was killed',
    withWorkers(async (world) => {
      const victim = await world.spawn();
      const begun = await underWay(world);
      victim.kill('SIGKILL');
      await world.start();
      await completes(world, begun);
      const log = await world.prefect.logs(begun.flowRunId);
      expect(log.filter(({ message }) => message.startsWith('reads with')).length).toBeGreaterThan(1);
    }, NEWS),
    LONG_MS,
  );

  it(
    'and our own trigger race for a source, and never is it scraped twice at once',
    withWorkers(
      async (world) => {
        const { service, prefect } = world;
        await world.start();
        await world.start();
        await logInSome(world, 3);
        const id = await makeSource(service, 'small1');
        const deployment = await prefect.deployed(service, id);
        await lastRun(service, id);
        for (let round = 0; round < ROUNDS; round += 1) {
          await Promise.all([
            post(service, `/sources/${id}/trigger`, {}),
            prefect.start(deployment).catch(busy),
            delay(round * 5).then(() => prefect.start(deployment).catch(busy)),
          ]);
          if (round % 4 === 3) await delay(500);
        }
        const ends = await Promise.all(
          (await prefect.flowRuns(deployment)).map((one) => prefect.ended(one.id, 90)),
        );
        const kinds = ends.map(({ state_type }) => state_type);
        expect(new Set(kinds)).toEqual(new Set(['COMPLETED', 'CANCELLED']));
        expect(overlaps(await service.container.database.runs.runs(id, { skip: 0, limit: 100 }))).toEqual([]);
        await eventually(async () => (await prefect.slots(deployment)) === 0);
        expect(world.sandbox.connections.overlaps()).toEqual([]);
        const { body } = await post(service, `/sources/${id}/trigger`, {}).expect(200);
        await runOnce(service, id, (run) => run.id === body.run_id && run.state === 'completed');
      },
      { seed: smallWorld },
    ),
    LONG_MS,
  );
});

/** SQLite lets one write at a time: Prefect says so, and another round comes. */
function busy(error: unknown): void {
  if (!(error instanceof PrefectUnreachable)) throw error;
}

/** Pairs of runs that were executed at the same time. */
function overlaps(runs: readonly { id: number; startedAt: number | null; finishedAt: number | null }[]) {
  const executed = runs
    .filter(({ startedAt }) => startedAt !== null)
    .sort((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0));
  return executed.slice(1).flatMap((run, at) => {
    const before = executed[at];
    return before && (before.finishedAt ?? Number.POSITIVE_INFINITY) > (run.startedAt ?? 0)
      ? [[before.id, run.id]]
      : [];
  });
}
