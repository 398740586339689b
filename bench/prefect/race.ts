import { setTimeout as delay } from 'node:timers/promises';
import { exactly, type Finding, said } from '../finding.js';
import { contentsOf } from '../scraping/archive.js';
import type { Connection } from '../scraping/data_centres.js';
import { judgeTallies, tally } from '../scraping/judge.js';
import type { Scraper } from '../scraping/scraper.js';
import { storedBelow } from '../scraping/stored.js';
import { TICKER, WORKER_PHONES } from '../scraping/world.js';
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

const ROUNDS = 200;
const SERVICES = 2;

/** More than one, so that two runs at once would each find a session. */
const SESSIONS = 3;

/** So slow is Telegram: a run lasts longer than it takes to begin another. */
const PAGE_MS = 150;

/** The triggers of a round come within this time, in milliseconds. */
const SPREAD_MS = 60;

/** A round that has not ended after so long is stuck. */
const PATIENCE_SECONDS = 60;

/** Two workers, our own trigger and Prefect's race for one source: it never has two runs at once. */
export async function race(site: Site, share: number): Promise<Finding[]> {
  const options = { prefectUrl: site.prefect.apiUrl, database: 'telegate' };
  const all: Scraper[] = [];
  for (let count = 0; count < SERVICES; count += 1) all.push(await site.startService(options));
  const services = new Services(all);
  await services.first.logIn(WORKER_PHONES.slice(0, SESSIONS));
  await site.centres.slowDown('messages.getHistory', PAGE_MS);
  const source = await createSource(services.first, TICKER);
  const deployment = (await deploymentsOf(services)).get(source) ?? '';
  await until(() => services.sources(), haveEnded, { seconds: PATIENCE_SECONDS });
  const since = new Date().toISOString();
  const rounds = Math.max(5, Math.round(ROUNDS * share));
  const answers: Answers = { statuses: [], runIds: new Set() };
  let stuck = 0;
  for (let round = 0; round < rounds; round += 1) {
    await startAtOnce(site, services, { source, deployment }, answers);
    if (!(await hasEnded(services))) stuck += 1;
    if (round % 20 === 0) process.stdout.write(`round ${round}\n`);
  }
  await settle(site, services);
  const runs = await services.first.all<TimedRun>(`/sources/${source}/runs`);
  return [
    ...judgeAnswers(answers.statuses),
    exactly(`rounds that did not end, of ${rounds}`, stuck, 0),
    ...judgeRuns(runs, answers.runIds),
    ...(await judgeConnections(site, since)),
    ...(await judgeFlowRuns(site)),
    exactly('slots taken at the end', await site.view.slots(deployment), 0),
    ...judgeTallies([await tally(storedBelow(site.target), contentsOf(TICKER))]),
  ];
}

interface Answers {
  readonly statuses: string[];
  /** The runs that our own triggers were answered with. */
  readonly runIds: Set<number>;
}

/** Everybody's trigger at about the same moment. */
async function startAtOnce(
  site: Site,
  services: Services,
  { source, deployment }: { readonly source: number; readonly deployment: string },
  { statuses, runIds }: Answers,
): Promise<void> {
  const soon = () => delay(Math.random() * SPREAD_MS);
  const ours = [...services.all, services.first].map(async (one) => {
    await soon();
    const { status, runId } = await trigger(one, source);
    statuses.push(`trigger ${status}`);
    if (runId !== null) runIds.add(runId);
  });
  const theirs = [1, 2].map(async () => {
    await soon();
    await site.view.startRun(deployment);
    statuses.push("Prefect's create_flow_run 201");
  });
  await Promise.all([...ours, ...theirs]);
}

/** The source's run has ended. Flow runs of this round may still be queued, and race with those of the next. */
async function hasEnded(services: Services): Promise<boolean> {
  const within = { seconds: PATIENCE_SECONDS, pollMs: 50 };
  return !(await until(() => services.sources(), haveEnded, within)).late;
}

/** Every flow run has ended, and the runs that the last of them began. */
async function settle(site: Site, services: Services): Promise<void> {
  await until(
    () => site.view.unfinished(),
    (left) => left.length === 0,
    { seconds: PATIENCE_SECONDS },
  );
  await hasEnded(services);
}

function judgeAnswers(statuses: readonly string[]): Finding[] {
  const counts = new Map<string, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  const shown = [...counts].map(([status, times]) => `${times} × ${status}`).sort();
  const other = statuses.filter((status) => !/ (200|201|409)$/.test(status)).length;
  return [said('answers', shown.join(', ')), exactly('answers other than 200, 201 and 409', other, 0)];
}

function judgeRuns(runs: readonly TimedRun[], triggered: ReadonlySet<number>): Finding[] {
  const spans = runs
    .filter(({ started_at }) => started_at !== null)
    .map(
      ({ started_at, finished_at }) => [Date.parse(started_at ?? ''), Date.parse(finished_at ?? '')] as const,
    )
    .sort(([one], [other]) => one - other);
  const overlapping = spans.filter(([from], at) => at > 0 && from < (spans[at - 1]?.[1] ?? 0)).length;
  const states = new Map<string, number>();
  for (const { state } of runs) states.set(state, (states.get(state) ?? 0) + 1);
  const shown = [...states].map(([state, times]) => `${times} ${state}`).join(', ');
  return [
    said(`runs`, shown),
    exactly('runs that began before the one before had ended', overlapping, 0),
    exactly(
      `runs of an accepted trigger that did not complete, of ${triggered.size}`,
      runs.filter(({ id, state }) => triggered.has(id) && state !== 'completed').length,
      0,
    ),
    exactly('runs that neither completed nor were cancelled', runs.filter(isOdd).length, 0),
  ];
}

function isOdd({ state }: TimedRun): boolean {
  return state !== 'completed' && state !== 'cancelled';
}

/** There is one source: two sessions that call Telegram at once are two runs at once. */
async function judgeConnections({ centres }: Site, since: string): Promise<Finding[]> {
  const used = (await centres.connections())
    .filter(({ phone, requests }) => phone !== null && requests > 0)
    .filter(({ opened_at }) => opened_at > since)
    .sort((one, other) => one.opened_at.localeCompare(other.opened_at));
  const overlapping = used.filter((one, at) => used.slice(0, at).some((other) => meet(other, one))).length;
  return [
    exactly(`connections of another session at the same time, of ${used.length}`, overlapping, 0),
    exactly(
      "keys used twice at once, according to the data centres' log",
      (await centres.overlaps()).length,
      0,
    ),
  ];
}

function meet(earlier: Connection, later: Connection): boolean {
  return earlier.phone !== later.phone && (earlier.closed_at === null || earlier.closed_at > later.opened_at);
}

async function judgeFlowRuns({ view }: Site): Promise<Finding[]> {
  const states = new Map<string, number>();
  for (const { state_type } of await view.flowRuns())
    states.set(state_type ?? '', (states.get(state_type ?? '') ?? 0) + 1);
  const shown = [...states].map(([state, times]) => `${times} ${state}`).join(', ');
  const odd = [...states].filter(([state]) => state !== 'COMPLETED' && state !== 'CANCELLED');
  return [
    said('flow runs', shown),
    exactly(
      'flow runs neither COMPLETED nor CANCELLED',
      odd.reduce((sum, [, times]) => sum + times, 0),
      0,
    ),
  ];
}
