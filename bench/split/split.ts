import type { Benchmark, Sizes } from '../benchmark.js';
import { atLeast, type Finding, noted, said, table } from '../finding.js';
import { DataCentres } from '../scraping/data_centres.js';
import { failingBucket, failingNas } from '../scraping/refusals.js';
import { kills } from '../scraping/troubles.js';
import { WORKER_PHONES } from '../scraping/world.js';
import type { Workplace } from '../workplace.js';
import { hourlyFloods } from './floods.js';
import { type History, historyOf } from './histories.js';
import { readByTelethon } from './telethon_side.js';
import { executeSplit, limit, type Measured, type SplitTrial } from './trial.js';

const SESSIONS = 8;

/** How many times as fast as one session eight must be. */
const LEAST_RATIO = 6;

const LOCAL = { target: 'LOCAL', isLimited: true } as const;
const ONE = { ...LOCAL, name: 'one session', accounts: 1, sessionsPerRun: 1 } as const;
const EIGHT = { ...LOCAL, name: 'eight sessions', accounts: SESSIONS, sessionsPerRun: SESSIONS } as const;

/** Enough accounts that eight are free although others were told to wait, or cool down. */
const WITH_SPARE = 24;

type MakeTrial = (place: Workplace) => Promise<SplitTrial>;

/** What may befall the eight sessions' run. */
const TROUBLES: Readonly<Record<string, MakeTrial>> = {
  split_floods: async () => ({ ...EIGHT, name: 'floods', accounts: WITH_SPARE, trouble: hourlyFloods }),
  split_kills: async () => ({ ...EIGHT, name: 'kills', accounts: WITH_SPARE, trouble: kills }),
  split_s3: async (place) => ({ ...EIGHT, ...(await failingBucket(place)), accounts: SESSIONS }),
  split_nas: async (place) => ({ ...EIGHT, ...(await failingNas(place)), accounts: SESSIONS }),
};

/** The values of `--way`. */
export const SPLIT_PARTS = ['split_speed', ...Object.keys(TROUBLES)];

const MINUTES_A_PART = 60;

/** One channel read by many sessions: how much faster that is than one, and that the same is stored, whatever happens. */
export const split: Benchmark = {
  name: 'split',
  minutes: (sizes) => partsOf(sizes).length * MINUTES_A_PART,
  async run(open, sizes) {
    const history = historyOf(sizes.share);
    const reference = await inOwnPlace(open, (place) =>
      executeSplit(place, { ...ONE, name: 'one session without limits', isLimited: false }, history),
    );
    const findings = [...reference.findings];
    for (const part of partsOf(sizes)) {
      const measured = await measure(part, open, history, reference);
      process.stdout.write(`\n${table(measured)}\n`);
      findings.push(...measured);
    }
    return findings;
  },
};

async function measure(part: string, open: Open, history: History, reference: Measured): Promise<Finding[]> {
  const make = TROUBLES[part];
  if (make === undefined) return speed(open, history, reference);
  const measured = await inOwnPlace(open, async (place) => executeSplit(place, await make(place), history));
  return [...measured.findings, same(part, measured, reference)];
}

/** One session and bare Telethon, which both wait most of the time, and then eight sessions. */
async function speed(open: Open, history: History, reference: Measured): Promise<Finding[]> {
  const [one, telethon] = await Promise.all([
    inOwnPlace(open, (place) => executeSplit(place, ONE, history)),
    inOwnPlace(open, (place) => bare(place, history)),
  ]);
  const eight = await inOwnPlace(open, (place) => executeSplit(place, EIGHT, history));
  const rate = (seconds: number) => ({
    value: history.expected.messages.length / seconds,
    unit: 'messages/s',
  });
  const ours = rate(eight.run.seconds);
  return [
    ...one.findings,
    ...eight.findings,
    same('one session', one, reference),
    same('eight sessions', eight, reference),
    noted("bare Telethon's time", { value: telethon, unit: 's' }),
    atLeast('eight sessions', { ours, against: { ...rate(one.run.seconds), name: 'one' } }, LEAST_RATIO),
    atLeast('eight sessions', { ours, against: { ...rate(telethon), name: 'iter_messages' } }, LEAST_RATIO),
  ];
}

/** The time of bare Telethon with one account, at data centres of its own, in seconds. */
async function bare(place: Workplace, { username, expected }: History): Promise<number> {
  const centres = await DataCentres.start(place);
  await limit(centres);
  const { messages, files, seconds } = await readByTelethon(place, centres, WORKER_PHONES[0] ?? '', username);
  if (messages !== expected.messages.length || files !== expected.files) {
    throw new Error(`bare Telethon read ${messages} messages and ${files} files`);
  }
  return seconds;
}

function same(what: string, { digest }: Measured, reference: Measured): Finding {
  const shown = (checksum: string) => checksum.slice(0, 16);
  return said(`${what}: the checksum of all that is stored`, shown(digest), shown(reference.digest));
}

type Open = () => Promise<Workplace>;

async function inOwnPlace<Result>(open: Open, work: (place: Workplace) => Promise<Result>): Promise<Result> {
  const place = await open();
  try {
    return await work(place);
  } finally {
    await place.close();
  }
}

function partsOf({ ways }: Sizes): readonly string[] {
  return ways.length === 0 ? SPLIT_PARTS : SPLIT_PARTS.filter((part) => ways.includes(part));
}
