import { setTimeout as delay } from 'node:timers/promises';
import { atLeast, below, type Finding, noted, said } from '../finding.js';
import { archive } from '../scraping/archive.js';
import type { Scraper } from '../scraping/scraper.js';
import { ARCHIVE, WIRES, WORKER_PHONES } from '../scraping/world.js';
import { median, monotonicMs } from '../statistics.js';
import type { Site } from './site.js';
import { createSource, deploymentsOf, Services, type TimedRun } from './sources.js';

/** Runs of each engine in turn, so that other activity of the machine affects both alike. */
const STARTS = 7;
const ROUNDS = 3;

/** The most that a start under Prefect may take longer, in seconds. */
const MAX_SECONDS = 3;

/** The least of the embedded engine's throughput. */
const MIN_SHARE = 0.95;

const SETTLING_MS = 5_000;
const POLL_MS = 10;

/** Two accounts of one data centre. */
const [OURS = '', , , OTHER = ''] = WORKER_PHONES;

/** What Prefect costs a run, compared with the embedded engine. */
export async function overhead(site: Site, share: number): Promise<Finding[]> {
  const under = await side(site, 'under_prefect', site.prefect.apiUrl, OURS);
  const embedded = await side(site, 'embedded', null, OTHER);
  await delay(SETTLING_MS);
  const firsts = { under: [] as number[], embedded: [] as number[] };
  for (let round = 0; round < Math.max(2, Math.round(STARTS * share)); round += 1) {
    const channel = WIRES[round] ?? '';
    firsts.under.push(await secondsToFirst(under, channel));
    firsts.embedded.push(await secondsToFirst(embedded, channel));
  }
  const times = { under: [] as number[], embedded: [] as number[] };
  for (let round = 0; round < Math.max(1, Math.round(ROUNDS * share)); round += 1) {
    times.under.push(await secondsOfArchive(under));
    times.embedded.push(await secondsOfArchive(embedded));
  }
  const difference = median(firsts.under) - median(firsts.embedded);
  const rate = (seconds: readonly number[]) => ({
    value: (archive().messages.length * seconds.length) / seconds.reduce((sum, one) => sum + one, 0),
    unit: 'messages/s',
  });
  return [
    noted('from trigger to first message, median', { value: median(firsts.under), unit: 's' }),
    noted('the same, embedded engine', { value: median(firsts.embedded), unit: 's' }),
    below('difference', { value: difference, unit: 's' }, MAX_SECONDS),
    said('each, in seconds', `${shown(firsts.under)}; embedded: ${shown(firsts.embedded)}`),
    atLeast(
      'messages without files',
      { ours: rate(times.under), against: { ...rate(times.embedded), name: 'embedded engine' } },
      MIN_SHARE,
    ),
    said('seconds of each run', `${shown(times.under)}; embedded: ${shown(times.embedded)}`),
  ];
}

interface Side {
  readonly services: Services;
  readonly scraper: Scraper;
  readonly hasPrefect: boolean;
}

async function side(site: Site, database: string, prefectUrl: string | null, phone: string): Promise<Side> {
  const scraper = await site.startService({
    prefectUrl,
    database,
    settings: { NAS_ROOT: await site.place.makeDirectory(`nas_${database}`) },
  });
  await scraper.logIn([phone]);
  return { scraper, services: new Services([scraper]), hasPrefect: prefectUrl !== null };
}

/** Makes a source that does not run yet, triggers it, and waits until a message is stored; then deletes it. */
async function secondsToFirst(one: Side, channel: string): Promise<number> {
  const { source, began } = await triggered(one, channel);
  await runOnce(one, source, ({ messages_stored }) => messages_stored > 0);
  const seconds = (monotonicMs() - began) / 1000;
  await runOnce(one, source, ({ state }) => state === 'completed');
  await one.scraper.ask('DELETE', `/sources/${source}`);
  return seconds;
}

/** How long a run of the whole archive took, from its start to its end. */
async function secondsOfArchive(one: Side): Promise<number> {
  const { source } = await triggered(one, ARCHIVE);
  const { seconds } = await runOnce(one, source, ({ state }) => state === 'completed');
  await one.scraper.ask('DELETE', `/sources/${source}`);
  return seconds;
}

async function triggered({ scraper, services, hasPrefect }: Side, channel: string) {
  const source = await createSource(scraper, channel, { file_types: [], is_active: false });
  if (hasPrefect) await deploymentsOf(services);
  await delay(SETTLING_MS);
  const began = monotonicMs();
  await scraper.ask('POST', `/sources/${source}/trigger`);
  return { source, began };
}

async function runOnce(
  { services }: Side,
  source: number,
  isSo: (run: TimedRun) => boolean,
): Promise<TimedRun> {
  for (;;) {
    const [run] = await services.runs(source, 1);
    if (run && isSo(run)) return run;
    if (run?.state === 'failed') throw new Error(`a run failed: ${run.error}`);
    await delay(POLL_MS);
  }
}

function shown(seconds: readonly number[]): string {
  return seconds.map((one) => one.toFixed(2)).join(', ');
}
