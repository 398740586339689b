import { rm } from 'node:fs/promises';
import { exactly, type Finding, noted, said } from '../finding.js';
import { memory } from '../process_stats.js';
import { DataCentres } from '../scraping/data_centres.js';
import { judgeTallies, tally } from '../scraping/judge.js';
import { Scraper, type ToldRun } from '../scraping/scraper.js';
import { type Stored, storedBelow } from '../scraping/stored.js';
import type { Trial } from '../scraping/trial.js';
import { WORKER_PHONES } from '../scraping/world.js';
import type { Workplace } from '../workplace.js';
import { digestOf } from './digest.js';
import type { History } from './histories.js';

/** How many pages and files a second each account may read, and how many at once after a pause. */
const BUDGETS = [
  { method: 'messages.getHistory', per_second: 2, burst: 10, excess: 'flood' },
  { method: 'upload.getFile', per_second: 5, burst: 20, excess: 'flood' },
] as const;

/** Where every run stores, so that the same paths are in its lines. */
const DIRECTORY = 'history';

/** Limits what each account may read, as Telegram does. */
export async function limit(centres: DataCentres): Promise<void> {
  for (const budget of BUDGETS) await centres.limit(budget);
}

/** A run of a history, and what it stored. */
export interface Measured {
  readonly run: ToldRun;
  readonly digest: string;
  /** The most sessions that read at once. */
  readonly together: number;
  readonly findings: readonly Finding[];
}

/** A run under some conditions: a trial, with so many sessions a run. */
export interface SplitTrial extends Trial {
  readonly sessionsPerRun: number;
  readonly isLimited: boolean;
}

/** Executes a trial with data centres of its own, and checks what is stored at the end. */
export async function executeSplit(place: Workplace, trial: SplitTrial, history: History): Promise<Measured> {
  process.stdout.write(`${trial.name} …\n`);
  const centres = await DataCentres.start(place);
  const scraper = await Scraper.start(place, centres, {
    MAX_SESSIONS_PER_RUN: String(trial.sessionsPerRun),
    ...trial.settings,
  });
  await scraper.logIn(WORKER_PHONES.slice(0, trial.accounts));
  if (trial.isLimited) await limit(centres);
  const idle = memory(scraper.server.pid).nowMiB;
  const trouble = trial.trouble?.({ place, scraper, centres });
  const measured = await scrape(scraper, trial, history, async (run) => trouble?.onProgress?.(run));
  const overlaps = await centres.overlaps();
  const findings = [
    ...measured.findings,
    ...((await trouble?.end()) ?? []),
    exactly("keys used twice at once, according to the data centres' log", overlaps.length, 0),
    noted('memory above the idle service, at most', { value: measured.mostMiB - idle, unit: 'MiB' }),
  ];
  await scraper.server.stop('SIGTERM');
  if (trial.target === 'LOCAL') await rm(`${place.directory}/data/scraped`, { recursive: true });
  return {
    ...measured,
    findings: findings.map((finding) => ({ ...finding, what: `${trial.name}: ${finding.what}` })),
  };
}

async function scrape(
  scraper: Scraper,
  trial: SplitTrial,
  history: History,
  onProgress: (run: ToldRun) => Promise<void>,
) {
  const { target, stored } = trial;
  const source = await scraper.scrape({ target, target_path: DIRECTORY, channel_username: history.username });
  let [together, mostMiB] = [0, 0];
  const run = await scraper.ended(source, async (now) => {
    together = Math.max(together, now.sessions.length);
    mostMiB = Math.max(mostMiB, nowMiB(scraper));
    await onProgress(now);
  });
  const kept: Stored = stored ?? storedBelow(`${scraper.dataDir}/scraped`);
  const state = run.error === null ? run.state : `${run.state}: ${run.error}`;
  const findings = [
    said('the run', state, 'completed'),
    noted('its time', { value: run.seconds, unit: 's' }),
    noted('sessions that read at once, at most', { value: together, unit: '' }),
    ...judgeTallies([await tally(kept, history.expected)]),
  ];
  return { run, digest: await digestOf(kept), together, mostMiB, findings };
}

/** 0 while it is killed. */
function nowMiB({ server }: Scraper): number {
  try {
    return memory(server.pid).nowMiB;
  } catch {
    return 0;
  }
}
