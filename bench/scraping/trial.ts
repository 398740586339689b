import { exactly, type Finding, noted, said } from '../finding.js';
import type { Workplace } from '../workplace.js';
import { archive } from './archive.js';
import { DataCentres } from './data_centres.js';
import { judgeRecord, judgeStored } from './judge.js';
import { type DatabaseChoice, ownDatabase } from './own_database.js';
import { Scraper, type ToldRun } from './scraper.js';
import { type Stored, storedBelow } from './stored.js';
import { WORKER_PHONES } from './world.js';

/** What goes wrong during a run. */
export interface Trouble {
  /** Called repeatedly with the current state of the run. */
  readonly onProgress?: (run: ToldRun) => Promise<void>;
  /** Stops it after the run has ended; returns its findings. */
  end(): Promise<Finding[]>;
}

/** The context of a trouble. */
export interface Troubled {
  readonly place: Workplace;
  readonly scraper: Scraper;
  readonly centres: DataCentres;
}

/** One run of the archive with all its files, under given conditions. */
export interface Trial {
  readonly name: string;
  /** How many accounts are in the pool. */
  readonly accounts: number;
  readonly target: 'LOCAL' | 'NAS' | 'S3';
  /** Settings of the service, in addition to the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where it stores; below DATA_DIR by default. */
  readonly stored?: Stored;
  readonly trouble?: (troubled: Troubled) => Trouble;
}

const NO_TROUBLE: Trouble = { end: async () => [] };

/** Executes a trial, and checks what is stored at the end. */
export async function executeTrial(
  place: Workplace,
  trial: Trial,
  database: DatabaseChoice,
): Promise<Finding[]> {
  const { name, accounts, target, settings = {}, trouble = () => NO_TROUBLE } = trial;
  process.stdout.write(`${name}, ${database.name} …\n`);
  const centres = await DataCentres.start(place);
  const scraper = await Scraper.start(place, centres, {
    ...settings,
    ...(await ownDatabase(place, database)),
  });
  await scraper.logIn(WORKER_PHONES.slice(0, accounts));
  const source = await scraper.scrape({ target });
  const going = trouble({ place, scraper, centres });
  const run = await scraper.ended(source, going.onProgress);
  const told = await going.end();
  const overlaps = await centres.overlaps();
  for (const overlap of overlaps.slice(0, 5))
    process.stdout.write(`leased twice at once: ${JSON.stringify(overlap)}\n`);
  const stored = trial.stored ?? storedBelow(`${place.directory}/data/scraped`);
  const state = run.error === null ? run.state : `${run.state}: ${run.error}`;
  const findings = [
    said('the run', state, 'completed'),
    noted('its time', { value: run.seconds, unit: 's' }),
    noted('its pace', { value: archive().messages.length / run.seconds, unit: 'messages/s' }),
    ...told,
    ...(await judgeStored(stored)),
    ...(await judgeRecord(scraper, source, run)),
    exactly("keys used twice at once, according to the data centres' log", overlaps.length, 0),
  ];
  if (run.state !== 'completed') await tellLog(scraper, run);
  await scraper.server.stop('SIGTERM');
  return findings.map((finding) => ({ ...finding, what: `${name}, ${database.name}: ${finding.what}` }));
}

/** The end of the run's log says why. */
async function tellLog(scraper: Scraper, { id }: ToldRun): Promise<void> {
  const entries = await scraper.all<{ at: string; level: string; message: string }>(`/runs/${id}/logs`);
  for (const { at, level, message } of entries.slice(-20))
    process.stdout.write(`${at} ${level}: ${message}\n`);
}
