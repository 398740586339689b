import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark, Sizes } from './benchmark.js';
import { Client } from './client.js';
import { type Finding, noted } from './finding.js';
import { Ledger } from './ledger.js';
import { Server, type ServerOptions } from './server.js';
import { writePlainFiles } from './session_files.js';
import { judge, judgeReturn, SESSIONS, startWorkers } from './soak.js';
import { monotonicMs } from './statistics.js';
import type { Workplace } from './workplace.js';

const UP_MS = 1000;

interface Variant {
  readonly name: string;
  readonly server: ServerOptions;
}

const VARIANTS: readonly Variant[] = [
  { name: 'killed', server: { program: 'telegate' } },
  { name: 'killed, wall clock ±1 h', server: { program: 'service', args: ['--stepping-clock'] } },
];

/** No session is ever leased to two workers at once, although the server is killed every second. */
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
  const returned = await judgeReturn(client);
  client.close();
  await server.stop('SIGTERM');
  const found = [
    noted(`leases by ${sizes.workers} workers, ${kills} kills`, { value: ledger.leases, unit: '' }),
    noted('leases per second, downtime included', { value: ledger.leases / seconds, unit: '/s' }),
    ...judge(ledger),
    ...returned,
  ];
  return found.map((finding) => ({ ...finding, what: `${name}: ${finding.what}` }));
}

/** Kills the server after each second of uptime; returns how often. */
async function killNowAndThen(server: Server, enough: () => boolean): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    await delay(UP_MS * (0.8 + Math.random() * 0.4));
    if (enough()) return kills;
    await server.stop('SIGKILL');
    await server.start();
  }
}
