import { setTimeout as delay } from 'node:timers/promises';
import { below, exactly, type Finding, noted, said } from '../finding.js';
import { contentsOf } from '../scraping/archive.js';
import { judgeTallies, tally } from '../scraping/judge.js';
import type { Scraper } from '../scraping/scraper.js';
import { storedBelow, storedOf } from '../scraping/stored.js';
import { TICKER, WIRES, WORKER_PHONES } from '../scraping/world.js';
import { monotonicMs } from '../statistics.js';
import type { Site } from './site.js';
import {
  createSource,
  deploymentsOf,
  haveEnded,
  Services,
  type TimedRun,
  trigger,
  until,
} from './sources.js';

/** So slow is Telegram: a run of 5,000 messages lasts longer than Prefect is away. */
const PAGE_MS = 1_800;

const AWAY_MS = 60_000;
const RUNS = 3;
const PATIENCE_SECONDS = 300;

/** After so long without Prefect, a start without it has to be done. */
const MAX_START_SECONDS = 15;

/** Prefect is stopped in the middle of runs, which go on; and a service starts without it. */
export async function away(site: Site, share: number): Promise<Finding[]> {
  const settings = { MAX_CONCURRENT_RUNS: '4' };
  const options = { prefectUrl: site.prefect.apiUrl, database: 'telegate', settings };
  const service = await site.startService(options);
  const services = new Services([service]);
  await service.logIn(WORKER_PHONES.slice(0, RUNS + 1));
  const ticker = await createSource(service, TICKER);
  await deploymentsOf(services);
  await until(() => services.sources(), haveEnded, { seconds: PATIENCE_SECONDS });
  await site.centres.slowDown('messages.getHistory', PAGE_MS);
  const channels = WIRES.slice(0, RUNS);
  const sources: number[] = [];
  for (const channel of channels) sources.push(await createSource(service, channel, { file_types: [] }));
  await until(
    () => progressOf(services, sources),
    (read) => read.every((count) => count > 0),
    {
      seconds: PATIENCE_SECONDS,
    },
  );
  const meanwhile = await stopPrefect(site, services, { sources, ticker }, AWAY_MS * Math.max(share, 0.2));
  const ended = await until(() => services.sources(), haveEnded, { seconds: PATIENCE_SECONDS });
  const unfinished = await until(
    () => site.view.unfinished(),
    (left) => left.length === 0,
    { seconds: 60 },
  );
  await site.centres.calm();
  const runs = [...sources, ticker].map((id) => services.runs(id, 1));
  const told = (await Promise.all(runs)).flat();
  return [
    ...meanwhile,
    exactly('runs that have not completed', told.filter(({ state }) => state !== 'completed').length, 0),
    exactly('sources without an end', ended.late ? 1 : 0, 0),
    exactly('flow runs without an end once it is back', unfinished.answer.length, 0),
    noted('until Prefect knew of the last end', { value: unfinished.ms / 1000, unit: 's' }),
    ...(await judgeFlowRuns(site, service, told)),
    ...(await judgeStoredMessages(site, channels, sources)),
    ...(await startWithoutPrefect(site, service, ticker)),
  ];
}

interface Sources {
  readonly sources: readonly number[];
  /** One whose run is started, and would end, while Prefect is away. */
  readonly ticker: number;
}

async function stopPrefect(
  site: Site,
  services: Services,
  { sources, ticker }: Sources,
  milliseconds: number,
): Promise<Finding[]> {
  const began = monotonicMs();
  await site.prefect.stop('SIGKILL');
  const before = await progressOf(services, sources);
  const { status } = await trigger(services.first, ticker);
  const created = await services.first
    .ask('POST', '/sources/public', {
      name: 'new',
      channel_username: TICKER,
      target: 'NAS',
      is_active: false,
    })
    .then(
      () => 'accepted',
      (error: unknown) => String(error),
    );
  await delay(milliseconds - (monotonicMs() - began));
  const ready = await readiness(services.first);
  const after = await progressOf(services, sources);
  const startMs = await site.prefect.start();
  const seconds = (monotonicMs() - began) / 1000;
  const goingOn = after.filter((count, at) => count > (before[at] ?? 0)).length;
  return [
    noted('Prefect away, its start included', { value: seconds, unit: 's' }),
    noted('its start', { value: startMs / 1000, unit: 's' }),
    exactly('runs that went on meanwhile', goingOn, sources.length),
    said('messages read before and after', `${before.join(', ')}; ${after.join(', ')}`),
    exactly('answer to a trigger meanwhile', status, 200),
    said('a source created meanwhile', created, 'accepted'),
    exactly('answer of /ready meanwhile', ready.status, 200),
    said('what it says of Prefect', ready.prefect),
  ];
}

/** How many messages the newest run of each source has read. */
async function progressOf(services: Services, sources: readonly number[]): Promise<number[]> {
  const runs = await Promise.all(sources.map((id) => services.runs(id, 1)));
  return runs.map(([run]) => run?.messages_stored ?? 0);
}

async function readiness({ server }: Scraper): Promise<{ status: number; prefect: string }> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/ready`);
  const { checks } = (await answer.json()) as { checks?: Record<string, string> };
  return { status: answer.status, prefect: checks?.prefect ?? 'nothing' };
}

/** States, logs and artifacts, as if Prefect had never been away. */
async function judgeFlowRuns(site: Site, service: Scraper, runs: readonly TimedRun[]): Promise<Finding[]> {
  let [completed, entries, missing, progress, summaries] = [0, 0, 0, 0, 0];
  for (const { id, flow_run_id } of runs) {
    if (flow_run_id === null) continue;
    if ((await site.view.flowRun(flow_run_id)).state_type === 'COMPLETED') completed += 1;
    const theirs = await site.view.log(flow_run_id);
    for (const { message } of await service.all<{ message: string }>(`/runs/${id}/logs`)) {
      entries += 1;
      if (!theirs.includes(message)) missing += 1;
    }
    const artifacts = await site.view.artifacts(flow_run_id);
    if (artifacts.some(({ type, data }) => type === 'progress' && data === 100)) progress += 1;
    if (artifacts.some(({ type }) => type === 'markdown')) summaries += 1;
  }
  return [
    exactly('flow runs that are COMPLETED', completed, runs.length),
    exactly(`log entries that Prefect lacks, of ${entries}`, missing, 0),
    exactly('progress artifacts at 100 %', progress, runs.length),
    exactly('summaries', summaries, runs.length),
  ];
}

async function judgeStoredMessages(
  site: Site,
  channels: readonly string[],
  sources: readonly number[],
): Promise<Finding[]> {
  const stored = storedBelow(site.target);
  const tallies = [];
  for (const [at, id] of sources.entries()) {
    const { messages } = contentsOf(channels[at] ?? '');
    // Their files are not downloaded.
    const kept = await tally(storedOf(stored, `source-${id}`), {
      messages: messages.filter(({ file }) => file === null),
      files: 0,
      bytes: 0,
    });
    const withFiles = messages.filter(({ file }) => file !== null).length;
    tallies.push({ ...kept, surplusMessages: kept.surplusMessages - withFiles });
  }
  return judgeTallies(tallies);
}

async function startWithoutPrefect(site: Site, service: Scraper, ticker: number): Promise<Finding[]> {
  const services = new Services([service]);
  await service.server.stop('SIGTERM');
  await site.prefect.stop('SIGTERM');
  const startMs = await service.server.start();
  const ready = await readiness(service);
  const { status } = await trigger(service, ticker);
  await site.prefect.start();
  const run = await until(
    () => services.runs(ticker, 1),
    ([newest]) => newest?.state === 'completed',
    { seconds: 60 },
  );
  return [
    below('start without Prefect', { value: startMs / 1000, unit: 's' }, MAX_START_SECONDS),
    exactly('answer of /ready without Prefect', ready.status, 200),
    said('what it says of Prefect then', ready.prefect),
    exactly('answer to a trigger then', status, 200),
    said('its run, once Prefect is there', run.answer[0]?.state ?? 'none', 'completed'),
    noted('after', { value: run.ms / 1000, unit: 's' }),
  ];
}
