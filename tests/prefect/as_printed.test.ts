import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe as describeAlways, expect, it } from '@jest/globals';
import type { Seed } from '../../sandbox/world/seed.js';
import type { FlowRunResponse } from '../../src/prefect/api_types.js';
import { type Journey, withJourney } from '../journeys/journey.js';
import { printedWorld } from '../reference/as_printed/scene.js';
import { COMMANDS, PROGRAMS } from '../reference/as_printed/session_management.js';
import { madeElsewhere, send } from '../reference/documented.js';
import { sendCurl } from '../reference/printed.js';
import { runPrintedPython, withPython } from '../reference/printed_python.js';
import type { AnsweredSource } from './deployed_sources.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { findPrefect } from './installation.js';
import { PrefectSpace } from './scraping_with_prefect.js';
import { sharedPrefect } from './shared_server.js';

const withPrefect = describeWithPrefect();
const withPrograms = spawnSync('curl', ['--version']).status === 0 ? withPython : describeAlways.skip;
/** Skipped unless all that the document needs is there. */
const describe = findPrefect() ? withPrograms : withPrefect;

const [MAIN, OTHER] = ['+1234567890', '+9876543210'];
const EVERY_6_HOURS = '0 */6 * * *';
const COUNT = 150;

/** The channels that are printed, each with messages and files. */
function worldWithMessages(): Seed {
  const [news, ...others] = printedWorld.channels;
  if (!news) throw new Error('the printed world has no channel');
  const tech = { ...news, id: 1000000001n, title: 'Tech News', username: 'technews', access_hash: {} };
  const messages = {
    ...{ count: COUNT, files: 6, file_types: ['pdf', 'zip'] },
    ...{ smallest_file: 2_000, largest_file: 5_000, seconds_between: 600 },
  };
  const channels = [news, ...others, tech].map((channel) => ({ ...channel, messages }));
  return { ...printedWorld, channels };
}

/** Runs the test with a service that works for a Prefect server, and a directory for what is stored in the NAS. */
function withPrinted(test: (journey: Journey, prefect: PrefectSpace, nas: string) => Promise<void>) {
  return async () => {
    const prefect = await PrefectSpace.make(await sharedPrefect());
    const nas = mkdtempSync(join(tmpdir(), 'nas-'));
    try {
      await withJourney((journey) => test(journey, prefect, nas), {
        ...{ seed: worldWithMessages(), prefectFlow: prefect.flowName },
        settings: { ...prefect.settings, NAS_ROOT: nas },
      })();
    } finally {
      rmSync(nas, { recursive: true, force: true });
    }
  };
}

/** Once it is: the source's deployment. */
async function deployed({ admin }: Journey, prefect: PrefectSpace, id: number) {
  let source: AnsweredSource | null = null;
  await eventually(async () => {
    source = (await admin.get<AnsweredSource>(`/sources/${id}`)).must(200);
    return source.deployment?.synchronised === true;
  });
  return prefect.client.deployment((source as AnsweredSource | null)?.deployment?.id ?? '');
}

/** That a flow run has completed, with its log and its artifacts; how many messages were new. */
async function completed(prefect: PrefectSpace, flowRun: FlowRunResponse): Promise<number> {
  const { state } = await prefect.ended(flowRun.id);
  expect(state).toMatchObject({
    type: 'COMPLETED',
    message: expect.stringMatching(/^\d+ new messages, \d+ files$/),
  });
  const messages = (await prefect.logs(flowRun.id)).map(({ message }) => message);
  expect(messages).toContainEqual(expect.stringMatching(/^reads with /));
  const artifacts = await prefect.artifacts(flowRun.id);
  expect(artifacts.map(({ type }) => type).sort()).toEqual(['markdown', 'progress']);
  return Number.parseInt(state?.message ?? '', 10);
}

/** What Prefect's scheduler has planned next for a deployment, as its interface would run it now. */
async function runPlanned(prefect: PrefectSpace, deployment: { id: string }): Promise<FlowRunResponse> {
  let planned: FlowRunResponse | undefined;
  await eventually(async () => {
    planned = (await prefect.flowRuns(deployment)).findLast(
      ({ auto_scheduled, state_type }) => auto_scheduled && state_type === 'SCHEDULED',
    );
    return planned !== undefined;
  });
  if (!planned) throw new Error('Prefect has scheduled no run');
  const now = { scheduled_time: new Date().toISOString() };
  const state = { type: 'SCHEDULED', name: 'Scheduled', state_details: now } as const;
  await prefect.client.setState(planned.id, { state, force: true });
  return planned;
}

/** That a source is a deployment with this schedule, whose runs by creation, schedule and trigger store messages. */
async function runsInPrefect(
  journey: Journey,
  prefect: PrefectSpace,
  id: number,
  cron: string,
): Promise<void> {
  const deployment = await deployed(journey, prefect, id);
  expect(deployment.name).toBe(`source-${id}`);
  expect(deployment.schedules).toMatchObject([{ active: true, schedule: { cron, timezone: 'UTC' } }]);
  const created = (await prefect.flowRuns(deployment)).filter(({ auto_scheduled }) => !auto_scheduled);
  expect(created).toHaveLength(1);
  for (const flowRun of created) expect(await completed(prefect, flowRun)).toBe(COUNT);
  expect(await completed(prefect, await runPlanned(prefect, deployment))).toBe(0);
  const { body } = await send(journey, `POST /sources/${id}/trigger`);
  const { run_id } = body as { readonly run_id: number };
  const run = async () =>
    (await journey.admin.get<{ flow_run_id: string | null }>(`/runs/${run_id}`)).must(200);
  await eventually(async () => (await run()).flow_run_id !== null);
  const triggered = await prefect.client.flowRun(String((await run()).flow_run_id));
  expect(await completed(prefect, triggered)).toBe(0);
  const runs = (await journey.admin.get<{ reason: string }[]>(`/sources/${id}/runs`)).must(200);
  expect(runs.map(({ reason }) => reason)).toEqual(['trigger', 'schedule', 'created']);
}

/** How many messages are stored below a source's directory. */
function stored(directory: string): number {
  const messages = join(directory, 'messages');
  const months = readdirSync(messages).filter((name) => !name.startsWith('.'));
  const lines = months.flatMap((month) => readFileSync(join(messages, month), 'utf8').trim().split('\n'));
  return lines.length;
}

describe('session-management.md, with Prefect', () => {
  it(
    'works as printed: its commands and both of its programs create sources that are run on schedule and by trigger',
    withPrinted(async (journey, prefect, nas) => {
      const { service, directory } = journey;
      const filling = (put: Record<string, string>) => ({ url: service.baseUrl, key: service.adminKey, put });
      mkdirSync(join(nas, 'tech'));
      const main = await madeElsewhere(journey, MAIN);
      const privateOne = { [MAIN]: MAIN, '1ApWapz...': main.string };
      expect(await runPrintedPython(PROGRAMS.privateChannel, filling(privateOne))).toBe(
        'Source created: 1\n',
      );
      const written = await runPrintedPython(PROGRAMS.publicChannel, filling({ '/nas': nas }));
      expect(written).toBe('Source created and triggered: 2\n');
      const other = await madeElsewhere(journey, OTHER);
      const upload = await sendCurl(COMMANDS.upload, filling({ [MAIN]: OTHER, your_string: other.string }));
      const { id: sessionId } = upload.body as { readonly id: number };
      const made = await sendCurl(COMMANDS.createSource, filling({ 'session-uuid': String(sessionId) }));
      expect(made).toMatchObject({ status: 200, body: { id: 3 } });

      await runsInPrefect(journey, prefect, 1, EVERY_6_HOURS);
      await runsInPrefect(journey, prefect, 2, '0 0 * * *');
      await runsInPrefect(journey, prefect, 3, EVERY_6_HOURS);
      const local = join(directory, 'sandbox', 'data', 'scraped');
      expect([join(local, 'source-1'), join(nas, 'tech'), join(local, 'source-3')].map(stored)).toEqual([
        COUNT,
        COUNT,
        COUNT,
      ]);
    }),
    240_000,
  );
});
