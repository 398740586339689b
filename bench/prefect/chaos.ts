import { exactly, type Finding, noted, said } from '../finding.js';
import { contentsOf } from '../scraping/archive.js';
import { judgeTallies, tally } from '../scraping/judge.js';
import { storedBelow, storedOf } from '../scraping/stored.js';
import { WIRES, WORKER_PHONES } from '../scraping/world.js';
import { monotonicMs } from '../statistics.js';
import { type Disturbances, disturb } from './disturbances.js';
import type { Site } from './site.js';
import { createSource, deploymentsOf, haveEnded, Services, type TimedRun, until } from './sources.js';

const SERVICES = 3;
const SESSIONS = 5;

/** Runs are stuck if they have not all ended after so long. */
const PATIENCE_SECONDS = 900;

const TELL_EVERY_MS = 15_000;

/** How long Prefect may lag behind once all runs have ended here. */
const SETTLING_SECONDS = 60;

/** A flood of more seconds makes a run take another session. */
const FLOOD_SLEEP_MAX_SECONDS = 5;

/**
 * Every message and file exactly once, while workers are killed, sessions are flooded, and Prefect's server is
 * restarted; then every flow run has ended, and each source can run again.
 */
export async function chaos(site: Site, share: number): Promise<Finding[]> {
  const channels = WIRES.slice(0, Math.max(2, Math.round(WIRES.length * share)));
  const wanted = channels.reduce((sum, channel) => sum + contentsOf(channel).messages.length, 0);
  const services = await startServices(site);
  await services.first.logIn(WORKER_PHONES.slice(0, SESSIONS));
  const started = monotonicMs();
  const sources: number[] = [];
  for (const channel of channels) sources.push(await createSource(services.first, channel));
  const deployments = await deploymentsOf(services);
  const stored = async () =>
    (await services.sources()).reduce((sum, one) => sum + one.total_messages_scraped, 0) / wanted;
  const trouble = disturb(site, services, stored);
  const told = setInterval(async () => {
    const share = await stored().catch(() => null);
    if (share !== null) process.stdout.write(`${(share * 100).toFixed(0)} % stored\n`);
  }, TELL_EVERY_MS);
  const ended = await until(() => services.sources(), haveEnded, { seconds: PATIENCE_SECONDS });
  const seconds = (monotonicMs() - started) / 1000;
  clearInterval(told);
  const toll = await trouble.end();
  const first = await runsOf(services, sources);
  const afterwards = await settle(site, deployments);
  const again = await runAgain(services, sources);
  const overlaps = await site.centres.overlaps();
  for (const overlap of overlaps.slice(0, 5))
    process.stdout.write(`used twice at once: ${JSON.stringify(overlap)}\n`);
  return [
    noted(`seconds for ${sources.length} sources of ${wanted} messages in all`, {
      value: seconds,
      unit: 's',
    }),
    ...describe(toll),
    exactly('sources whose run has not ended', ended.late ? unfinishedOf(ended.answer) : 0, 0),
    ...judgeRuns('first', first, sources.length),
    ...(await judgeChannels(site, channels, sources)),
    exactly("keys used twice at once, according to the data centres' log", overlaps.length, 0),
    ...afterwards,
    ...judgeRuns('next', again, sources.length),
    ...(await settle(site, deployments)).map((one) => ({ ...one, what: `after the next runs: ${one.what}` })),
    ...(await judgeLogs(site, services, sources)),
  ];
}

async function startServices(site: Site): Promise<Services> {
  const settings = {
    MAX_CONCURRENT_RUNS: '4',
    FLOOD_SLEEP_MAX_SECONDS: String(FLOOD_SLEEP_MAX_SECONDS),
    REAPER_INTERVAL_SECONDS: '5',
  };
  const options = { prefectUrl: site.prefect.apiUrl, database: 'telegate', settings };
  const all = [];
  for (let count = 0; count < SERVICES; count += 1) all.push(await site.startService(options));
  return new Services(all);
}

function unfinishedOf(sources: readonly Parameters<typeof haveEnded>[0][number][]): number {
  return sources.filter((source) => !haveEnded([source])).length;
}

async function runsOf(services: Services, sources: readonly number[]): Promise<TimedRun[]> {
  return (await Promise.all(sources.map((id) => services.runs(id)))).flat();
}

function describe({ kills, restarts, floods, failedStarts, fell }: Awaited<ReturnType<Disturbances['end']>>) {
  for (const text of [...failedStarts, ...fell].slice(0, 5)) process.stdout.write(`${text}\n`);
  return [
    noted('kills of a worker', { value: kills, unit: '' }),
    exactly("restarts of Prefect's server meanwhile", restarts, 2),
    said('floods asked of sessions', floods),
    exactly('starts that failed', failedStarts.length, 0),
    exactly('services that ended by themselves', fell.length, 0),
  ];
}

function judgeRuns(which: string, runs: readonly TimedRun[], wanted: number): Finding[] {
  const bad = runs.filter(({ state }) => state !== 'completed');
  for (const { id, state, error } of bad.slice(0, 5))
    process.stdout.write(`run ${id} is ${state}: ${error}\n`);
  return [
    exactly(`${which} runs`, runs.length, wanted),
    exactly(`${which} runs that are not completed`, bad.length, 0),
  ];
}

async function judgeChannels(
  site: Site,
  channels: readonly string[],
  sources: readonly number[],
): Promise<Finding[]> {
  const stored = storedBelow(site.target);
  const tallies = [];
  for (const [at, id] of sources.entries()) {
    const expected = contentsOf(channels[at] ?? '');
    tallies.push(await tally(storedOf(stored, `source-${id}`), expected));
  }
  return judgeTallies(tallies);
}

/** What must be so soon after all runs have ended: nothing is under way, and nothing is held. */
async function settle(site: Site, deployments: ReadonlyMap<number, string>): Promise<Finding[]> {
  const within = { seconds: SETTLING_SECONDS };
  const flowRuns = await until(
    () => site.view.unfinished(),
    (left) => left.length === 0,
    within,
  );
  for (const { name, state } of flowRuns.answer.slice(0, 5))
    process.stdout.write(`${name} is ${JSON.stringify(state)}\n`);
  const slots = await until(
    async () =>
      (await Promise.all([...deployments.values()].map((id) => site.view.slots(id)))).reduce(sum, 0),
    (taken) => taken === 0,
    within,
  );
  const leases = await until(
    () => site.postgres.sql("SELECT 1 FROM sessions WHERE state = 'leased'", 'telegate'),
    (left) => left.length === 0,
    within,
  );
  return [
    exactly('flow runs that have not ended', flowRuns.answer.length, 0),
    noted('until Prefect knew', { value: flowRuns.ms / 1000, unit: 's' }),
    exactly('slots of concurrency limits taken', slots.answer, 0),
    exactly('leases left', leases.answer.length, 0),
  ];
}

function sum(one: number, other: number): number {
  return one + other;
}

/** One more run of each source: its newest. */
async function runAgain(services: Services, sources: readonly number[]): Promise<TimedRun[]> {
  for (const id of sources) await services.first.ask('POST', `/sources/${id}/trigger`);
  await until(() => services.sources(), haveEnded, { seconds: PATIENCE_SECONDS });
  return (await Promise.all(sources.map((id) => services.runs(id, 1)))).flat();
}

/** Every entry of a run's log is in Prefect; a worker that was killed while it sent some may have sent them twice. */
async function judgeLogs(site: Site, services: Services, sources: readonly number[]): Promise<Finding[]> {
  let [entries, missing, twice] = [0, 0, 0];
  for (const { id, flow_run_id } of await runsOf(services, sources)) {
    const left = new Map<string, number>();
    for (const message of flow_run_id === null ? [] : await site.view.log(flow_run_id))
      left.set(message, (left.get(message) ?? 0) + 1);
    for (const { message } of await services.first.all<{ message: string }>(`/runs/${id}/logs`)) {
      entries += 1;
      const copies = left.get(message) ?? 0;
      if (copies === 0) missing += 1;
      else left.set(message, copies - 1);
    }
    for (const copies of left.values()) twice += copies;
  }
  return [
    exactly(`log entries that Prefect lacks, of ${entries}`, missing, 0),
    noted('log entries that Prefect has twice', { value: twice, unit: '' }),
  ];
}
