import { expect, it } from '@jest/globals';
import { logIn, post } from '../logins/over_sandbox.js';
import { idsOf, lastRun, linesOf, logOf, makeSource, runOnce } from '../scraping/scraped.js';
import { runPrefect } from './clients.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { newsWorld } from './news_world.js';
import { withPrefect } from './scraping_with_prefect.js';

const describe = describeWithPrefect();

const ADA = '+9996610001';
const NEWS = 'sandbox_news';
const LONG_MS = 240_000;

describe('a run with Prefect', () => {
  it(
    'that a new source asks for begins once it has a deployment, and is there with its log and artifacts',
    withPrefect(
      async (world) => {
        const { service, sandbox, prefect } = world;
        await logIn(world, ADA);
        const id = await makeSource(service, NEWS);
        const deployment = await prefect.deployed(service, id);
        const run = await lastRun(service, id);
        expect(run).toMatchObject({ state: 'completed', error: null });
        expect(run.flow_run_url).toBe(`${prefect.address.url}/runs/flow-run/${run.flow_run_id}`);
        expect(linesOf(service, id).map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox News'));
        const [flowRun, ...others] = await prefect.flowRuns(deployment);
        expect(others).toEqual([]);
        const ended = await prefect.ended(flowRun?.id ?? '');
        expect(ended).toMatchObject({
          state_type: 'COMPLETED',
          name: expect.stringMatching(/^sandbox_news · created · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
          tags: expect.arrayContaining([`source:${id}`, 'created']),
          infrastructure_pid: expect.stringContaining(`:${process.pid}`),
          state: { message: `${run.messages_stored} new messages, ${run.files_done} files` },
        });
        const said = (await logOf(service, id)).map(({ message }) => message);
        const logs = await prefect.logs(ended.id);
        expect(logs.map(({ message }) => message)).toEqual(said);
        expect(logs[0]).toMatchObject({ name: 'telegate.run', level: 20 });
        const artifacts = await prefect.artifacts(ended.id);
        expect(artifacts.find(({ type }) => type === 'progress')).toMatchObject({
          key: `scrape-${id}`,
          data: 100,
          description: expect.stringMatching(/^[\d,]+ of [\d,]+ messages read$/),
        });
        const summary = artifacts.find(({ type }) => type === 'markdown');
        expect(summary?.description).toMatch(/^[\d,]+ new messages, \d+ files$/);
        const count = run.messages_stored.toLocaleString('en-US');
        expect(summary?.data).toContain(`| Messages | ${count} stored of ${count} read`);
        expect(summary?.data).toContain(`| Target | LOCAL: source-${id} |`);
        expect(artifacts).toHaveLength(2);
        await eventually(async () => (await prefect.slots(deployment)) === 0);
      },
      { seed: newsWorld(250, 10) },
    ),
    LONG_MS,
  );

  it(
    'is one for each that asks: our trigger, the REST API, the command line with a limit',
    withPrefect(
      async (world) => {
        const { service, prefect } = world;
        await logIn(world, ADA);
        const id = await makeSource(service, NEWS, { file_types: [] });
        const deployment = await prefect.deployed(service, id);
        await lastRun(service, id);
        const { body } = await post(service, `/sources/${id}/trigger`, {}).expect(200);
        const ofTrigger = await runOnce(
          service,
          id,
          (run) => run.id === body.run_id && run.state === 'completed',
        );
        expect(ofTrigger.messages_stored).toBe(0);
        const started = await prefect.start(deployment, { file_types: ['pdf'] });
        expect(await prefect.ended(started.id)).toMatchObject({ state_type: 'COMPLETED' });
        const args = ['deployment', 'run', `${prefect.flowName}/source-${id}`, '--param', 'limit=500'];
        await runPrefect(prefect.address, ...args);
        await eventually(
          async () => (await service.as('admin').get(`/sources/${id}/runs`)).body.length === 4,
        );
        expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
        const flowRuns = await prefect.flowRuns(deployment);
        expect(flowRuns).toHaveLength(4);
        const ends = await Promise.all(flowRuns.map((flowRun) => prefect.ended(flowRun.id)));
        expect(ends.map(({ state_type }) => state_type)).toEqual(Array(4).fill('COMPLETED'));
        const { runs } = service.container.database;
        const found = await runs.runs(id, { skip: 0, limit: 10 });
        expect(found.map(({ limit, fileTypes, reason }) => [limit, fileTypes, reason])).toEqual([
          [500, null, 'trigger'],
          [null, ['pdf'], 'trigger'],
          [null, null, 'trigger'],
          [null, null, 'created'],
        ]);
        expect(new Set(found.map(({ flowRunId }) => flowRunId)).size).toBe(4);
      },
      { seed: newsWorld(250, 10) },
    ),
    LONG_MS,
  );
});
