import { sandboxSeed } from '../../sandbox/seed.js';
import type { Seed, SeedChannel } from '../../sandbox/world/seed.js';

/** The channel that is scraped: 100,000 messages and 2,000 files. */
export const ARCHIVE = 'sandbox_archive';

const SIMILAR = 20;

/** Channels of 5,000 messages and 100 files each. */
export const WIRES = Array.from({ length: SIMILAR }, (_, at) => `bench_wire${at + 1}`);

/** A channel that is read in a moment. */
export const TICKER = 'bench_ticker';

/** A thousand channels of a few messages. */
export const TOPICS = Array.from({ length: 1_000 }, (_, at) => `bench_topic${at + 1}`);
/** Channels to be read by several sessions, the largest first: 200,000 messages and 1,000 files, and a part of that. */
export const HISTORIES = [1, 0.25, 0.1].map((share) => ({
  username: `bench_history_${share * 100}`,
  messages: 200_000 * share,
  files: 1_000 * share,
}));

/** The application of every client: the sandbox accepts any. */
export const APPLICATION = { apiId: 12345, apiHash: '0123456789abcdef0123456789abcdef' };

/** How many accounts there are besides the sandbox's own. */
const WORKERS = 60;

/** Phone numbers of the accounts that read, alternating between the three data centres. */
export const WORKER_PHONES = Array.from(
  { length: WORKERS },
  (_, at) => `+99966${(at % 3) + 1}1${String(at).padStart(3, '0')}`,
);

const generated = {
  file_types: ['photo', 'pdf', 'zip'],
  ...{ smallest_file: 2_000, largest_file: 60_000, seconds_between: 600 },
};

const publicChannel = {
  ...{ about: '', kind: 'broadcast' as const, members: [], participants: 1, dc: 2, access_hash: {} },
  created: Date.UTC(2025, 0, 1) / 1000,
};

const channels: readonly SeedChannel[] = [
  {
    ...{ ...publicChannel, id: 3_000_000_000n, title: 'Wire', username: 'bench_wire', copies: SIMILAR },
    messages: { ...generated, count: 5_000, files: 100 },
  },
  {
    ...{ ...publicChannel, id: 3_200_000_000n, title: 'Topic', username: 'bench_topic' },
    copies: TOPICS.length,
    messages: { ...generated, count: 10, files: 0 },
  },
  {
    ...{ ...publicChannel, id: 3_100_000_000n, title: 'Ticker', username: TICKER, copies: 1 },
    messages: { ...generated, count: 30, files: 2 },
  },
  ...HISTORIES.map(({ username, messages: count, files }, at) => ({
    ...{ ...publicChannel, id: 3_200_000_000n + BigInt(at), title: 'History', username, copies: 1 },
    messages: { ...generated, count, files },
  })),
];

/** The sandbox's world, with many more accounts, and public channels. */
export const benchSeed: Seed = {
  ...sandboxSeed,
  channels: [...sandboxSeed.channels, ...channels],
  accounts: [
    ...sandboxSeed.accounts,
    ...WORKER_PHONES.map((phone, at) => ({
      ...{ phone, id: 8_000_000_000n + BigInt(at), first_name: `Worker ${at}`, code_via: 'app' as const },
    })),
  ],
};

/** The login code of a test number. */
export function codeOf(phone: string): string {
  return (phone.at(6) ?? '').repeat(5);
}
