import { describe, expect, it } from '@jest/globals';
import { systemTime, type TimeSource } from '../../src/kernel/clock.js';
import { ServerClock } from '../../src/prefect/server_clock.js';
import { post } from '../logins/over_sandbox.js';
import { lastRun, makeSource } from '../scraping/scraped.js';
import { logInSome, smallWorld } from '../scraping/small_world.js';
import { propose } from './deployed.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { withPrefect } from './scraping_with_prefect.js';

const LONG_MS = 120_000;
const TEN_MINUTES_MS = 600_000;

describe('the clock of a server', () => {
  const at = Date.UTC(2026, 0, 31, 12);
  const clock = () => new ServerClock({ now: () => at, display: (moment) => new Date(moment) });
  const answer = (aheadMs: number) => new Date(at + aheadMs).toUTCString();

  it('is the own one, as long as that is right to some seconds', () => {
    const own = clock();
    for (const date of [answer(-2_000), answer(2_000), 'never']) own.answered(date);
    expect(own.now()).toBe(at);
    expect(own.display(at)).toEqual(new Date(at));
  });

  it('is followed where it differs, shows a time always the same, and is followed back', () => {
    const behind = clock();
    behind.answered(answer(-60_000));
    behind.answered(answer(-61_000));
    expect(behind.display(at)).toEqual(new Date(at - 60_000));
    behind.answered(answer(-1_000));
    expect(behind.display(at)).toEqual(new Date(at));
  });
});

/** This machine's, as far as its clock is ahead. */
function ahead(milliseconds: number): TimeSource {
  return { ...systemTime, wall: () => systemTime.wall() + milliseconds };
}

describeWithPrefect()('a run of a service whose clock is ten minutes off', () => {
  it.each([-TEN_MINUTES_MS, TEN_MINUTES_MS])(
    'begins at once, and at its time when it is submitted again: %d ms',
    async (milliseconds) => {
      const options = { seed: smallWorld, time: ahead(milliseconds) };
      await withPrefect(async (world) => {
        const { service, prefect } = world;
        await logInSome(world, 1);
        const id = await makeSource(service, 'small1', { file_types: [] });
        const deployment = await prefect.deployed(service, id);
        expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
        await eventually(async () => (await prefect.slots(deployment)) === 0);
        // It has the only slot, and no worker is given it: the next one collides, and is submitted again for later.
        const state = {
          type: 'SCHEDULED',
          state_details: { scheduled_time: '2100-01-01T00:00:00Z' },
        } as const;
        const rival = await prefect.client.createFlowRun(deployment.id, { state });
        expect(await propose(prefect.client, rival, 'PENDING')).toMatchObject({ status: 'ACCEPT' });
        const { body } = await post(service, `/sources/${id}/trigger`, {}).expect(200);
        const { runs } = service.container.database;
        const seen = new Set<string | null | undefined>();
        await eventually(async () => seen.add((await runs.run(body.run_id))?.flowRunId).size > 2);
        await propose(prefect.client, rival, 'CANCELLED');
        expect(await lastRun(service, id)).toMatchObject({ id: body.run_id, state: 'completed' });
      }, options)();
    },
    LONG_MS,
  );
});
