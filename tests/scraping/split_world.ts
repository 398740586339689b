import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn, type World, type WorldOptions, withTelegram } from '../logins/over_sandbox.js';
import { lastRun, makeSource, runOnce, type ToldRun } from './scraped.js';

export const PHONES = Array.from({ length: 8 }, (_, at) => `+99966${(at % 3) + 1}000${at}`);

/** Public channels of so many messages that a run may share them out, with files; and one with three members. */
export const MANY = 'many';
export const TEAM = 5_000_000_002;
export const MEMBERS = PHONES.slice(0, 3);

const messages = {
  ...{ count: 6_600, files: 66, smallest_file: 100, largest_file: 20_000, seconds_between: 3_600 },
  // Longer than a range.
  ...{ deleted_every: 9, deleted: [2_950, 4_120] },
};
const channel = { created: '2024-01-31T12:00:00Z', messages };

export const splitWorld = parseSeed({
  accounts: PHONES.map((phone, at) => ({ phone, id: 7_000_000_001 + at, first_name: `A${at}` })),
  channels: [
    { ...channel, id: 5_000_000_001, title: 'Many', username: MANY, members: 'everyone' },
    { ...channel, id: TEAM, title: 'Team', members: MEMBERS },
  ],
});

/** How many times a second each account may read a page: one alone takes seconds. */
export const PAGE_BUDGET = {
  method: 'messages.getHistory',
  perSecond: 3,
  burst: 1,
  excess: 'delay',
} as const;

/** A test with eight accounts whose reading Telegram limits, of which `logIn` logs some in. */
export function withSplitWorld(
  sessionsPerRun: number | 'auto',
  test: (world: World) => Promise<void>,
  options: WorldOptions = {},
): () => Promise<void> {
  const settings = { MAX_SESSIONS_PER_RUN: String(sessionsPerRun), ...options.settings };
  return withTelegram(
    async (world) => {
      world.sandbox.budgets.add(PAGE_BUDGET);
      await test(world);
    },
    { seed: splitWorld, ...options, settings },
  );
}

/** Logs accounts in; returns their sessions' names. */
export async function logInAll(
  world: Pick<World, 'service' | 'sandbox'>,
  phones: readonly string[] = PHONES,
): Promise<string[]> {
  const names: string[] = [];
  for (const phone of phones) names.push((await logIn(world, phone)).name);
  return names;
}

/** A run as the API returns it: the fields that tests use. */
export interface SplitRun extends ToldRun {
  readonly sessions: readonly string[];
  readonly total_messages: number | null;
}

/** The newest run once `enough` of it is done. */
export async function splitRunOnce(
  { service }: Pick<World, 'service'>,
  sourceId: number,
  enough: (run: SplitRun) => boolean,
): Promise<SplitRun> {
  const isEnough = (run: ToldRun) => enough(run as SplitRun) || run.state === 'completed';
  const run = (await runOnce(service, sourceId, isEnough)) as SplitRun;
  if (!enough(run)) throw new Error(`the run has ended before: ${JSON.stringify(run)}`);
  return run;
}

/** What a source has stored below a root: the checksums of its files, by path. The owner's mark differs by its time. */
export async function storedBelow(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== '.telegate-source');
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const stored: Record<string, string> = {};
  for (const path of paths) {
    stored[relative(root, path)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return stored;
}

/** What a source has stored on the local disk. */
export function storedBy({ service }: Pick<World, 'service'>): Promise<Readonly<Record<string, string>>> {
  return storedBelow(join(service.dataDir, 'scraped'));
}

let stored: Promise<Readonly<Record<string, string>>> | null = null;

/** What one session stores of the public channel, as the first source of a service. */
export function storedByOne(): Promise<Readonly<Record<string, string>>> {
  stored ??= (async () => {
    let found = {};
    await withSplitWorld(1, async (world) => {
      world.sandbox.budgets.clear();
      await logInAll(world, PHONES.slice(0, 1));
      await lastRun(world.service, await makeSource(world.service, MANY));
      found = await storedBy(world);
    })();
    return found;
  })();
  return stored;
}
