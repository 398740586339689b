import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Benchmark } from './benchmark.js';
import { Client } from './client.js';
import { atLeast, exactly, type Finding, noted } from './finding.js';
import { drive, LOAD_PROGRAM, type LoadResult } from './load.js';
import { Server, type ServerOptions } from './server.js';
import { writePlainFiles } from './session_files.js';
import { median, timed } from './statistics.js';
import type { Workplace } from './workplace.js';

const SESSIONS = 600;
const CONNECTIONS = [32, 256];
const ROUNDS = 5;
const SECONDS = 4;
const WARM_UP_SECONDS = 3;

/** One server under load, and its measurements. */
interface Side {
  readonly place: Workplace;
  readonly server: Server;
  /** The path to lease at. */
  readonly lease: string;
  readonly results: LoadResult[];
}

/** What it costs to have every lease and release on disk before it is answered. */
export const durable: Benchmark = {
  name: 'durable',
  minutes: () => 8,
  async run(openPlace) {
    const bare = await side(await openPlace(), { program: 'bare_server' });
    const shipped = await side(await openPlace(), { program: 'telegate' });
    const single = await side(await openPlace(), { program: 'service', args: ['--max-batch=1'] });
    const waiting = { ...shipped, lease: '/session?wait=5', results: [] };
    const findings = [noted('one durable write of 4 KiB, p50', await oneWrite(shipped.place))];
    for (const connections of CONNECTIONS) {
      await measure([bare, shipped, single, waiting], connections);
      findings.push(...compare({ bare, shipped, single, waiting }, connections));
    }
    return findings;
  },
};

/** The time of a disk write: the less it is, the less group commit gains. */
async function oneWrite(place: Workplace) {
  const times: number[] = [];
  const file = await open(join(place.directory, 'written'), 'w');
  for (let write = 0; write < 500; write += 1) {
    times.push((await timed(() => file.write(Buffer.alloc(4096)).then(() => file.datasync()))).ms);
  }
  await file.close();
  return { value: median(times), unit: 'ms' };
}

async function side(place: Workplace, options: ServerOptions): Promise<Side> {
  writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
  return { place, server: await Server.start(place, options), lease: '/session', results: [] };
}

/** Drives all sides in turn, round by round, so that other activity of the machine affects them alike. */
async function measure(sides: readonly Side[], connections: number): Promise<void> {
  for (const { results } of sides) results.length = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { place, server, lease, results } of sides) {
      const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
      const result = await drive(place, { port: server.port, connections, seconds, lease });
      if (round > 0) results.push(result);
      await giveBack(server.port);
    }
  }
}

/** The leases that the load held when it ended. */
async function giveBack(port: number): Promise<void> {
  const client = new Client(port, 8);
  const { status } = await client.ask('GET', '/leases');
  if (status === 200) await client.releaseAll();
  client.close();
}

type Sides = Readonly<Record<'bare' | 'shipped' | 'single' | 'waiting', Side>>;

function compare({ bare, shipped, single, waiting }: Sides, connections: number): Finding[] {
  const what = `lease + release, ${connections} connections (${LOAD_PROGRAM})`;
  const failed = shipped.results.reduce((sum, result) => sum + result.failed, 0);
  const ours = rate(shipped);
  const p99 = (one: Side) => ({ value: median(one.results.map((result) => result.p99)), unit: 'ms' });
  return [
    atLeast(what, { ours, against: { name: 'bare Express', ...rate(bare) } }, 0.9),
    atLeast(what, { ours, against: { name: 'one transaction per request', ...rate(single) } }, 3),
    atLeast(`${what}, wait=5`, { ours: rate(waiting), against: { name: 'without wait', ...ours } }, 0.9),
    exactly(`${what}: requests that failed`, failed, 0),
    { ...noted(`${what}: p99`, p99(shipped)), against: `bare Express: ${p99(bare).value.toFixed(1)} ms` },
  ];
}

function rate({ results }: Side) {
  return { value: median(results.map(({ requests, seconds }) => requests / seconds)), unit: '/s' };
}
