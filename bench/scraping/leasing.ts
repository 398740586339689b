import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../client.js';
import { atMost, below, type Finding, noted } from '../finding.js';
import { percentile } from '../statistics.js';
import type { Workplace } from '../workplace.js';
import { DataCentres } from './data_centres.js';
import { Scraper } from './scraper.js';
import { WORKER_PHONES } from './world.js';

/** How many runs read at once, at most. */
const RUNS = 4;

/** How many workers lease and release besides. */
const WORKERS = 4;

/** How long a worker pauses after each release, in milliseconds: it adds no load to speak of. */
const PAUSE_MS = 20;

const SECONDS = 12;
const SETTLING_MS = 2_000;
const POLL_MS = 50;

/** The p99 that four runs may cost, in milliseconds, and as a multiple of the one of an idle service. */
const MAX_MS = 50;
const MAX_RATIO = 3;

/** How long leasing took, in milliseconds. */
interface Times {
  readonly acquire: number[];
  readonly release: number[];
}

/** How fast an idle service leases, and one that executes runs of messages and files at full speed. */
export async function leasing(place: Workplace): Promise<Finding[]> {
  const centres = await DataCentres.start(place);
  const scraper = await Scraper.start(place, centres, { MAX_CONCURRENT_RUNS: String(RUNS) });
  await scraper.logIn(WORKER_PHONES.slice(0, RUNS + WORKERS));
  await delay(SETTLING_MS);
  const idle = await lease(scraper.server.port);
  const beside: Times[] = [];
  const rates: number[] = [];
  for (const runs of [1, RUNS]) {
    const sources: number[] = [];
    while (sources.length < runs) sources.push(await scraper.scrape({ target: 'LOCAL' }));
    await Promise.all(sources.map((source) => storedOf(scraper, source, 1)));
    const before = await storedBy(scraper, sources);
    beside.push(await lease(scraper.server.port));
    rates.push(((await storedBy(scraper, sources)) - before) / SECONDS);
    for (const source of sources) await scraper.ask('DELETE', `/sources/${source}`);
    await delay(SETTLING_MS);
  }
  await scraper.server.stop('SIGTERM');
  return [...compare(idle, beside), ...rates.map(told)];
}

function told(value: number, at: number): Finding {
  return noted(`messages of ${at === 0 ? 'one run' : `${RUNS} runs`}`, { value, unit: 'messages/s' });
}

function compare(idle: Times, [one, four]: readonly Times[]): Finding[] {
  const p = (share: number, times: readonly number[] = []) => ({
    value: percentile(times, share),
    unit: 'ms',
  });
  const against = { ...p(0.99, idle.acquire), name: 'idle' };
  const ours = p(0.99, four?.acquire);
  return [
    noted('acquire, idle, p50', p(0.5, idle.acquire)),
    noted('acquire beside one run, p50', p(0.5, one?.acquire)),
    noted(`acquire beside ${RUNS} runs, p50`, p(0.5, four?.acquire)),
    noted('acquire beside one run, p99', p(0.99, one?.acquire)),
    below(`acquire beside ${RUNS} runs, p99`, ours, MAX_MS),
    atMost(`acquire beside ${RUNS} runs, p99`, { ours, against }, MAX_RATIO),
    noted('release, idle, p99', p(0.99, idle.release)),
    noted(`release beside ${RUNS} runs, p99`, p(0.99, four?.release)),
  ];
}

/** Leases and releases for a while, with several workers. */
async function lease(port: number): Promise<Times> {
  const client = new Client(port, WORKERS);
  const times: Times = { acquire: [], release: [] };
  const until = performance.now() + SECONDS * 1000;
  const work = async () => {
    while (performance.now() < until) {
      const leased = await client.lease('?wait=5');
      const released = await client.release(leased);
      times.acquire.push(leased.answeredAt - leased.sentAt);
      times.release.push(released.answeredAt - released.sentAt);
      await delay(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  client.close();
  return times;
}

interface ToldProgress {
  readonly messages_stored: number;
}

async function storedBy(scraper: Scraper, sources: readonly number[]): Promise<number> {
  const stored = await Promise.all(sources.map((source) => storedOf(scraper, source, 0)));
  return stored.reduce((sum, messages) => sum + messages, 0);
}

/** How many messages the source's run has stored, once it is so many. */
async function storedOf(scraper: Scraper, source: number, least: number): Promise<number> {
  for (;;) {
    const [run] = await scraper.ask<ToldProgress[]>('GET', `/sources/${source}/runs`);
    if (run && run.messages_stored >= least) return run.messages_stored;
    await delay(POLL_MS);
  }
}
