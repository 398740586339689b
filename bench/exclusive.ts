import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark, Sizes } from './benchmark.js';
import { Client } from './client.js';
import { exactly, type Finding, noted } from './finding.js';
import { Ledger } from './ledger.js';
import { PoolWorker } from './pool_worker.js';
import { Server, type ServerOptions } from './server.js';
import { writePlainFiles } from './session_files.js';
import { monotonicMs } from './statistics.js';
import type { Workplace } from './workplace.js';

const TTL_SECONDS = 5;
const SESSIONS = 100;
const UP_MS = 1000;

/** A lease that ran out after a heartbeat cools down for as long again; and then the reaper must come. */
const ALL_FREE_WITHIN_MS = (2 * TTL_SECONDS + 5) * 1000;

interface Variant {
  readonly name: string;
  readonly server: ServerOptions;
}

const VARIANTS: readonly Variant[] = [
  { name: 'killed', server: { program: 'telegate' } },
  { name: 'killed, wall clock ±1 h', server: { program: 'service', args: ['--stepping-clock'] } },
];

/** No session is ever in two hands, though the server is killed every second. */
export const exclusive: Benchmark = {
  name: 'exclusive',
  minutes: ({ leases }) => 4 + leases / 5000,
  async run(open, sizes) {
    const findings: Finding[] = [];
    for (const variant of VARIANTS) findings.push(...(await soak(await open(), variant, sizes)));
    return findings;
  },
};

async function soak(place: Workplace, { name, server: options }: Variant, sizes: Sizes): Promise<Finding[]> {
  writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
  const server = await Server.start(place, { ...options, upWhen: '/health' });
  const client = new Client(server.port, sizes.workers);
  const ledger = new Ledger();
  const enough = () => place.closed || ledger.leases >= sizes.leases;
  const started = monotonicMs();
  const working = startWorkers(sizes.workers, client, ledger, enough);
  const [kills] = await Promise.all([killNowAndThen(server, enough), ...working]);
  const seconds = (monotonicMs() - started) / 1000;
  const stuck = await notFree(client);
  const unleasable = SESSIONS - (await leaseEach(client));
  client.close();
  await server.stop('SIGTERM');
  const found = [
    noted(`leases by ${sizes.workers} workers, ${kills} kills`, { value: ledger.leases, unit: '' }),
    noted('leases a second, downtime included', { value: ledger.leases / seconds, unit: '/s' }),
    ...judge(ledger),
    exactly('sessions not free in the end', stuck, 0),
    exactly("free sessions that can't be leased", unleasable, 0),
  ];
  return found.map((finding) => ({ ...finding, what: `${name}: ${finding.what}` }));
}

function startWorkers(count: number, client: Client, ledger: Ledger, enough: () => boolean): Promise<void>[] {
  return Array.from({ length: count }, (_, number) => {
    const [repeats, slow] = [number % 2 === 0, number % 5 === 0];
    const worker = new PoolWorker({ number, client, ledger, ttlSeconds: TTL_SECONDS, repeats, slow });
    return worker.work(enough);
  });
}

/** What the ledger says; of what is wrong, the first few are printed. */
function judge(ledger: Ledger): Finding[] {
  const overlaps = ledger.overlaps();
  for (const overlap of overlaps.slice(0, 5))
    process.stdout.write(`in two hands: ${JSON.stringify(overlap)}\n`);
  for (const lost of ledger.lostEarly.slice(0, 5)) process.stdout.write(`lost early: ${lost}\n`);
  return [
    exactly('sessions in two hands', overlaps.length, 0),
    exactly('lease ids given to two workers', ledger.sharedIds, 0),
    exactly('leases lost before their time', ledger.lostEarly.length, 0),
  ];
}

/** Kills the server after each second that it was up; how often, in the end. */
async function killNowAndThen(server: Server, enough: () => boolean): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    await delay(UP_MS * (0.8 + Math.random() * 0.4));
    if (enough()) return kills;
    await server.stop('SIGKILL');
    await server.start();
  }
}

/** How many sessions are not free though every lease must be over. */
async function notFree(client: Client): Promise<number> {
  for (const until = monotonicMs() + ALL_FREE_WITHIN_MS; ; ) {
    const { body } = await client.ask('GET', '/status');
    const { free } = JSON.parse(body) as { free: number };
    if (free === SESSIONS || monotonicMs() > until) return SESSIONS - free;
    await delay(200);
  }
}

/** Leases all there are; how many different sessions came. */
async function leaseEach(client: Client): Promise<number> {
  const seen = new Set<number>();
  for (let more = 0; more < SESSIONS; more += 1) seen.add((await client.lease()).session_id);
  return seen.size;
}
