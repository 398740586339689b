import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { logIn, post } from '../logins/over_sandbox.js';
import { lastRun, logOf, makeSource, runOnce } from '../scraping/scraped.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { newsWorld } from './news_world.js';
import { withPrefect } from './scraping_with_prefect.js';
import { PrefectServer } from './server.js';

const describe = describeWithPrefect();

const ADA = '+9996610001';
const LONG_MS = 300_000;

describe('while Prefect is away', () => {
  let server: PrefectServer;
  beforeAll(async () => {
    server = await PrefectServer.make();
  }, LONG_MS);
  afterAll(() => server.destroy());
  const own = { address: async () => server.address, seed: newsWorld(1_000) };

  it(
    'runs go on, and their states, logs and artifacts are there when it is back; triggers begin then',
    withPrefect(async (world) => {
      const { service, sandbox, prefect } = world;
      await logIn(world, ADA);
      sandbox.faults.add({ fault: 'slow', milliseconds: 300, method: 'messages.getHistory' });
      const id = await makeSource(service, 'sandbox_news', { file_types: [] });
      const deployment = await prefect.deployed(service, id);
      await runOnce(service, id, ({ messages_stored }) => messages_stored >= 200);
      const [flowRun] = await prefect.flowRuns(deployment);
      await server.stop();
      const run = await lastRun(service, id);
      expect(run).toMatchObject({ state: 'completed', error: null });
      sandbox.faults.clear();
      const { body } = await post(service, `/sources/${id}/trigger`, {}).expect(200);
      await delay(1_500);
      expect(await runOnce(service, id, () => true)).toMatchObject({ id: body.run_id, state: 'queued' });
      await server.start();
      const ended = await prefect.ended(flowRun?.id ?? '');
      expect(ended.state).toMatchObject({
        type: 'COMPLETED',
        message: `${run.messages_stored} new messages, 0 files`,
      });
      const { body: log } = await service.as('admin').get(`/runs/${run.id}/logs`).expect(200);
      const messages = (entries: readonly { message: string }[]) => entries.map(({ message }) => message);
      expect(messages(await prefect.logs(ended.id))).toEqual(messages(log));
      const artifacts = await prefect.artifacts(ended.id);
      expect(artifacts.map(({ type }) => type).sort()).toEqual(['markdown', 'progress']);
      await runOnce(service, id, ({ id, state }) => id === body.run_id && state === 'completed');
      expect((await logOf(service, id)).length).toBeGreaterThan(0);
      const away = service.log.filter((line) => line.includes('Prefect is not available'));
      expect(away.length).toBeLessThan(4);
    }, own),
    LONG_MS,
  );

  it(
    'the service stops within seconds, and says afterwards what was left to say',
    withPrefect(async (world) => {
      const { service, sandbox, prefect } = world;
      await logIn(world, ADA);
      sandbox.faults.add({ fault: 'slow', milliseconds: 300, method: 'messages.getHistory' });
      const id = await makeSource(service, 'sandbox_news', { file_types: [] });
      const deployment = await prefect.deployed(service, id);
      await runOnce(service, id, ({ messages_stored }) => messages_stored >= 100);
      const [flowRun] = await prefect.flowRuns(deployment);
      await server.stop();
      const asked = Date.now();
      await service.stop();
      expect(Date.now() - asked).toBeLessThan(15_000);
      sandbox.faults.clear();
      await service.start();
      await delay(500);
      await server.start();
      expect(await prefect.ended(flowRun?.id ?? '')).toMatchObject({ state_type: 'COMPLETED' });
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
    }, own),
    LONG_MS,
  );
});
