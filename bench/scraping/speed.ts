import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { atLeast, below, type Finding, noted, said } from '../finding.js';
import { memory } from '../process_stats.js';
import type { Workplace } from '../workplace.js';
import { archive } from './archive.js';
import { bareSession, readBare } from './bare_side.js';
import { DataCentres } from './data_centres.js';
import { Scraper } from './scraper.js';
import { WORKER_PHONES } from './world.js';

/** The number of rounds of ours and bare GramJS in turn, so that other activity of the machine affects both alike. */
const ROUNDS = 2;

const SETTLING_MS = 5_000;
const SAMPLE_MS = 100;

/** The memory that a run may take on top of the idle service. */
const MAX_MIB = 80;

/** Two accounts of one data centre, which is not the one with the files. */
const [OURS = '', , , BARE = ''] = WORKER_PHONES;

/** The duration of each run of one side, in seconds. */
interface Times {
  readonly messages: number[];
  /** With the files. */
  readonly all: number[];
  /** Within it, downloading. */
  readonly downloads: number[];
}

/** The speed of a run compared with bare GramJS on the same channel, and its memory. */
export async function speed(place: Workplace): Promise<Finding[]> {
  const centres = await DataCentres.start(place);
  const scraper = await Scraper.start(place, centres);
  const session = await bareSession(centres, BARE);
  await scraper.logIn([OURS]);
  await delay(SETTLING_MS);
  const { pid } = scraper.server;
  const idle = memory(pid).nowMiB;
  const sampling = sampleMemory(pid);
  const ours: Times = { messages: [], all: [], downloads: [] };
  const bare: Times = { messages: [], all: [], downloads: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.messages.push(await scrape(place, scraper, { file_types: [] }));
    bare.messages.push((await readBare(place, centres, session, false)).seconds);
    ours.all.push(await scrape(place, scraper, {}));
    const reading = await readBare(place, centres, session, true);
    bare.all.push(reading.seconds);
    bare.downloads.push(reading.downloadSeconds);
  }
  const most = sampling.end();
  await scraper.server.stop('SIGTERM');
  const beyond = { value: most - idle, unit: 'MiB' };
  return [
    ...compare(ours, bare),
    noted('RSS of the service, logged in and idle', { value: idle, unit: 'MiB' }),
    below(`RSS above that, peak during ${2 * ROUNDS} runs`, beyond, MAX_MIB),
  ];
}

function compare(ours: Times, bare: Times): Finding[] {
  const { messages, bytes } = archive();
  const rate = (times: readonly number[]) => per(messages.length, 'messages/s', times);
  const flow = (times: readonly number[]) => per(bytes / 1e6, 'MB/s', times);
  const sides = { ours: rate(ours.messages), against: { ...rate(bare.messages), name: 'iterMessages' } };
  const one = { ...flow(bare.all), name: 'the same with downloadMedia, one after the other' };
  return [
    atLeast('messages without files', sides, 0.8),
    atLeast('messages with all files, three at once', { ours: flow(ours.all), against: one }, 0.9),
    said('seconds of each run, ours', shown(ours)),
    said('seconds of each run, bare GramJS', shown(bare)),
    noted('bare GramJS within downloadMedia', flow(bare.downloads)),
  ];
}

/** Scrapes the archive as a new source, and removes what it stored; returns how long its run took, in seconds. */
async function scrape(place: Workplace, scraper: Scraper, options: object): Promise<number> {
  const source = await scraper.scrape({ target: 'LOCAL', ...options });
  const run = await scraper.ended(source);
  if (run.state !== 'completed') throw new Error(`a run ${run.state}: ${run.error}`);
  await scraper.ask('DELETE', `/sources/${source}`);
  await rm(`${place.directory}/data/scraped/source-${source}`, { recursive: true });
  return run.seconds;
}

function sampleMemory(pid: number): { end(): number } {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, memory(pid).nowMiB);
  }, SAMPLE_MS);
  return {
    end() {
      clearInterval(timer);
      return most;
    },
  };
}

function per(amount: number, unit: string, times: readonly number[]) {
  return { value: (amount * times.length) / times.reduce((sum, seconds) => sum + seconds, 0), unit };
}

function shown({ messages, all }: Times): string {
  const list = (times: readonly number[]) => times.map((seconds) => seconds.toFixed(1)).join(', ');
  return `${list(messages)}; with files ${list(all)}`;
}
