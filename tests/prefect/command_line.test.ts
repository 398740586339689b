import { expect, it } from '@jest/globals';
import { makeSource, runOnce } from '../scraping/scraped.js';
import { LARGE, logInSome, smallWorld } from '../scraping/small_world.js';
import { runPrefect } from './clients.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { withPrefect } from './scraping_with_prefect.js';

const describe = describeWithPrefect();

/** How soon TeleGate does what the command line says, in milliseconds. */
const WITHIN_MS = 15_000;

/** Resolves as `doing` does, which must be soon. */
async function soon<Result>(doing: Promise<Result>): Promise<Result> {
  const asked = Date.now();
  const result = await doing;
  expect(Date.now() - asked).toBeLessThan(WITHIN_MS);
  return result;
}

describe("Prefect's own command line", () => {
  it(
    'lists a source and its work pool, shows the log of its run, cancels it, starts another, and pauses the schedule',
    withPrefect(
      async (world) => {
        const { service, prefect } = world;
        const cli = (...args: string[]) => runPrefect(prefect.address, ...args);
        await logInSome(world, 1);
        const id = await makeSource(service, LARGE, { schedule: '0 6 * * *' });
        const { schedules } = await prefect.deployed(service, id);
        const name = `${prefect.flowName}/source-${id}`;
        const first = await runOnce(service, id, ({ messages_stored }) => messages_stored > 0);
        const flowRunId = String(first.flow_run_id);
        await eventually(async () => (await prefect.logs(flowRunId)).length > 0);

        expect(await cli('deployment', 'ls')).toContain(name);
        expect(await cli('work-pool', 'ls')).toMatch(new RegExp(`${prefect.workPool}.*telegate`));
        expect(await cli('flow-run', 'logs', flowRunId)).toMatch(/INFO +\| Flow run .* - reads with /);

        await cli('flow-run', 'cancel', flowRunId);
        const cancelled = await soon(runOnce(service, id, ({ state }) => state === 'cancelled'));
        expect(cancelled.id).toBe(first.id);

        await cli('deployment', 'run', name, '--param', 'limit=500');
        const second = await soon(
          runOnce(service, id, (run) => run.id > first.id && run.state === 'completed'),
        );
        expect(second).toMatchObject({ limit: 500, messages_read: 500, reason: 'trigger' });

        await cli('deployment', 'schedule', 'pause', name, schedules[0]?.id ?? '');
        const source = async () => (await service.as('monitor').get(`/sources/${id}`)).body;
        await soon(eventually(async () => (await source()).is_active === 'inactive'));
        expect(await source()).toMatchObject({ schedule: '0 6 * * *' });
      },
      { seed: smallWorld },
    ),
    240_000,
  );
});
