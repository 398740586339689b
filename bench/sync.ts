import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from './benchmark.js';
import { Client } from './client.js';
import { atMost, below, exactly, type Finding, noted } from './finding.js';
import { nodeCommand } from './programs.js';
import { Server } from './server.js';
import { writePlainFiles, writeTelethonFiles } from './session_files.js';
import { median, percentile, timed } from './statistics.js';
import type { Workplace } from './workplace.js';

const UNCHANGED = 100_000;
const ROUNDS = 7;
const NEW = 10_000;
const REMEMBERING = 1_000;
const BUSY_WORKERS = 4;

/** How long workers lease before the files are written, in milliseconds. */
const QUIET_MS = 2000;

/** `/sync` over unchanged files, and over many new ones, with channels and without, while workers lease. */
export const sync: Benchmark = {
  name: 'sync',
  minutes: () => 6,
  async run(open) {
    const without = await manyNew(await open(), NEW, 0);
    return [
      ...(await unchanged(await open())),
      ...without,
      ...(await manyNew(await open(), REMEMBERING, 100)),
    ];
  },
};

async function unchanged(place: Workplace): Promise<Finding[]> {
  const sessions = await place.makeDirectory('sessions');
  writePlainFiles(sessions, UNCHANGED);
  const server = await Server.start(place, { program: 'telegate' });
  const client = new Client(server.port);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push((await timed(() => runSync(client))).ms);
    bare.push((JSON.parse(await place.run(nodeCommand('bare_walk', [sessions]))) as { ms: number }).ms);
  }
  client.close();
  await server.stop('SIGTERM');
  const against = { name: 'readdirSync + statSync', value: median(bare), unit: 'ms' };
  return [atMost(`${UNCHANGED} unchanged files`, { ours: { value: median(ours), unit: 'ms' }, against }, 3)];
}

async function manyNew(place: Workplace, files: number, channels: number): Promise<Finding[]> {
  const sessions = await place.makeDirectory('sessions');
  writePlainFiles(sessions, 100);
  writeTelethonFiles(join(place.directory, 'new'), files, channels);
  const server = await Server.start(place, { program: 'telegate' });
  const client = new Client(server.port, BUSY_WORKERS + 1);
  const busy = keepBusy(client);
  await delay(QUIET_MS);
  const quiet = busy.latencies.splice(0);
  // All at once, so that the watcher has not seen half of them when the sync begins.
  renameSync(join(place.directory, 'new'), join(sessions, 'new'));
  const { ms, result } = await timed(() => runSync(client));
  const meanwhile = busy.latencies.splice(0);
  await busy.stop();
  client.close();
  await server.stop('SIGTERM');
  const what = `${files} new Telethon files${channels > 0 ? ` that remember ${channels} channels each` : ''}`;
  const seconds = { value: ms / 1000, unit: 's' };
  return [
    exactly(`${what}, imported`, result.new_sessions, files),
    below(what, seconds, 10),
    noted('lease + release before that, p99', { value: percentile(quiet, 0.99), unit: 'ms' }),
    below('lease + release during the sync, p99', { value: percentile(meanwhile, 0.99), unit: 'ms' }, 50),
    noted('lease + release during the sync, longest', { value: Math.max(...meanwhile), unit: 'ms' }),
  ];
}

async function runSync(client: Client): Promise<{ new_sessions: number }> {
  const { status, body } = await client.ask('POST', '/sync');
  if (status !== 200) throw new Error(`/sync answered ${status}: ${body}`);
  return (JSON.parse(body) as { details: { new_sessions: number } }).details;
}

/** Leases and releases until stopped; returns how long each round took, in milliseconds. */
function keepBusy(client: Client): { latencies: number[]; stop(): Promise<void> } {
  const latencies: number[] = [];
  let stopped = false;
  const work = async () => {
    while (!stopped) {
      const { ms } = await timed(async () => client.release(await client.lease()));
      latencies.push(ms);
    }
  };
  const workers = Promise.all(Array.from({ length: BUSY_WORKERS }, work));
  workers.catch(() => undefined);
  return {
    latencies,
    async stop() {
      stopped = true;
      await workers;
    },
  };
}
