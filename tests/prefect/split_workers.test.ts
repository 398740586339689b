import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { logOf, makeSource, runOnce } from '../scraping/scraped.js';
import {
  logInAll,
  MANY,
  PAGE_BUDGET,
  PHONES,
  splitRunOnce,
  splitWorld,
  storedBelow,
  storedByOne,
} from '../scraping/split_world.js';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { findPrefect } from './installation.js';
import { withWorkers } from './workers.js';

const withPrefect = describeWithPrefect();
const withDatabase = await describeWithServer();
/** Skipped unless both servers are there. */
const describe = findPrefect() ? withDatabase : withPrefect;

const SESSIONS = 4;

describe('a channel that a worker reads with several sessions', () => {
  it(
    'is stored as by one session where the worker is killed, and another one continues',
    withWorkers(
      async (world) => {
        const { service, sandbox, prefect } = world;
        sandbox.budgets.add(PAGE_BUDGET);
        await logInAll(world, PHONES.slice(0, SESSIONS));
        const victim = await world.spawn();
        const id = await makeSource(service, MANY);
        const deployment = await prefect.deployed(service, id);
        const begun = await splitRunOnce(
          world,
          id,
          (run) => run.sessions.length === SESSIONS && run.messages_stored > 0,
        );
        // Real time: what it is killed at is what it does meanwhile.
        await delay(300);
        victim.kill('SIGKILL');
        await world.start();
        const ended = await runOnce(service, id, ({ state }) => /completed|failed/.test(state));
        expect(ended).toMatchObject({ id: begun.id, state: 'completed', error: null });
        expect(await storedBelow(join(world.dataDir, 'scraped'))).toEqual(await storedByOne());
        expect(sandbox.connections.overlaps()).toEqual([]);
        await until(async () => (await service.status()).free === SESSIONS);
        const [flowRun] = await prefect.flowRuns(deployment);
        expect(await prefect.ended(flowRun?.id ?? '')).toMatchObject({ state_type: 'COMPLETED' });
        const joined = (await logOf(service, id)).filter(({ message }) => message.includes('reads as well'));
        expect(joined.length).toBeGreaterThanOrEqual(2 * (SESSIONS - 1));
      },
      { seed: splitWorld, settings: { MAX_SESSIONS_PER_RUN: String(SESSIONS) } },
    ),
    300_000,
  );
});
