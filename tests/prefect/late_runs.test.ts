import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { makeSource, runOnce } from '../scraping/scraped.js';
import { LARGE, logInSome, smallWorld } from '../scraping/small_world.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { type PrefectWorld, withPrefect } from './scraping_with_prefect.js';

const describe = describeWithPrefect();

/** How many runs are late. */
const LATE = 6;
/** Long enough for some rounds of the service's pace. */
const WATCHED_MS = 2_500;

/** How often each of Prefect's paths was called meanwhile, by whatever is in this process. */
async function callsDuring(milliseconds: number): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    const path = new URL(String(input)).pathname.replace(/[0-9a-f-]{36}/g, ':id');
    calls.set(path, (calls.get(path) ?? 0) + 1);
    return fetch(input, init);
  };
  try {
    await delay(milliseconds);
  } finally {
    globalThis.fetch = fetch;
  }
  return calls;
}

describe('many late runs', () => {
  it(
    'cost nothing while there is no room for them, and are begun when there is',
    withPrefect(
      async (world: PrefectWorld) => {
        const { service, prefect } = world;
        await logInSome(world, 2);
        const large = await makeSource(service, LARGE);
        await prefect.deployed(service, large);
        const running = await runOnce(service, large, ({ messages_stored }) => messages_stored > 0);
        const small = await makeSource(service, 'small1', { file_types: [] });
        const deployment = await prefect.deployed(service, small);
        for (let made = 0; made < LATE; made += 1) await prefect.start(deployment);
        const calls = await callsDuring(WATCHED_MS);
        expect([...calls.keys()].filter((path) => path.includes('get_scheduled'))).toEqual([]);
        // The comparison of what is under way, and its progress.
        expect([...calls.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(20);
        await service.as('admin').post(`/runs/${running.id}/cancel`).send({}).expect(200);
        const states = async () => (await prefect.flowRuns(deployment)).map(({ state_type }) => state_type);
        while ((await states()).includes('SCHEDULED')) await delay(100);
        expect(await states()).toContain('COMPLETED');
      },
      { seed: smallWorld, settings: { MAX_CONCURRENT_RUNS: '1' } },
    ),
    240_000,
  );
});
