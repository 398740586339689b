import { join } from 'node:path';
import type { FileChange } from '../src/intake/store.js';
import { systemTime } from '../src/kernel/clock.js';
import { SQLITE_MIGRATIONS } from '../src/kernel/project.js';
import { SqliteDatabase } from '../src/storage/sqlite/database.js';
import type { Benchmark } from './benchmark.js';
import { Client } from './client.js';
import { atMost, type Finding } from './finding.js';
import { drive } from './load.js';
import { Server } from './server.js';
import { median } from './statistics.js';
import type { Workplace } from './workplace.js';

const FEW = 100;
const MANY = 1_000_000;
const MOST = 1.3;

const ROUNDS = 60;
const CYCLES_A_ROUND = 20;
const LOAD_ROUNDS = 5;

/** Milliseconds of each operation. */
type Times = Readonly<Record<'acquire' | 'release' | 'status', number[]>>;

interface Side {
  readonly place: Workplace;
  readonly server: Server;
  readonly client: Client;
  readonly times: Times;
  readonly loaded: number[];
}

/** The pool's operations cost the same with a million sessions as with a hundred. */
export const flat: Benchmark = {
  name: 'flat',
  minutes: () => 8,
  async run(open) {
    const few = await side(await open(), FEW);
    const many = await side(await open(), MANY);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const one of [few, many]) await cycles(one, round > 0);
    }
    for (let round = 0; round < LOAD_ROUNDS; round += 1) {
      for (const { place, server, client, loaded } of [few, many]) {
        loaded.push((await drive(place, { port: server.port, connections: 32, seconds: 3 })).p50);
        await client.releaseAll();
      }
    }
    for (const { client } of [few, many]) client.close();
    const compare = (what: string, of: (one: Side) => number[]): Finding => {
      const ours = { value: median(of(many)), unit: 'ms' };
      const against = { name: `${FEW} sessions`, value: median(of(few)), unit: 'ms' };
      return atMost(`${what}, p50 with ${MANY} sessions`, { ours, against }, MOST);
    };
    return [
      compare('acquire', ({ times }) => times.acquire),
      compare('release', ({ times }) => times.release),
      compare('/status', ({ times }) => times.status),
      compare('lease or release under load', ({ loaded }) => loaded),
    ];
  },
};

async function side(place: Workplace, sessions: number): Promise<Side> {
  await place.makeDirectory('sessions');
  await fill(await place.makeDirectory('data'), sessions);
  const server = await Server.start(place, { program: 'service', args: ['--no-sync'], upWhen: '/health' });
  const times = { acquire: [], release: [], status: [] };
  return { place, server, client: new Client(server.port), times, loaded: [] };
}

/** Registers sessions without files, through the same store that a sync writes to. */
async function fill(dataDirectory: string, sessions: number): Promise<void> {
  const database = await SqliteDatabase.open({
    path: join(dataDirectory, 'telegate.db'),
    migrations: SQLITE_MIGRATIONS,
  });
  const now = Math.floor(systemTime.wall());
  for (let from = 1; from <= sessions; from += 2000) {
    const count = Math.min(2000, sessions - from + 1);
    await database.stores.intake.apply(
      Array.from({ length: count }, (_, index) => newSession(from + index)),
      now,
    );
  }
  await database.close();
}

function newSession(number: number): FileChange {
  const name = `session${number}`;
  const found = {
    name,
    file: null,
    json: null,
    fingerprint: `fingerprint-${number}`,
    format: 'telethon',
    dead: null,
    authKeySha256: number.toString(16).padStart(64, '0'),
    dcId: 2,
    userId: null,
    phoneNumber: null,
    apiId: null,
    remembersChannels: false,
    credentials: null,
  };
  return { kind: 'put', found, renameOf: null, proxyId: null };
}

async function cycles({ client, times }: Side, counts: boolean): Promise<void> {
  for (let cycle = 0; cycle < CYCLES_A_ROUND; cycle += 1) {
    const lease = await client.lease();
    const released = await client.release(lease);
    const status = await client.ask('GET', '/status');
    if (!counts) continue;
    times.acquire.push(lease.answeredAt - lease.sentAt);
    times.release.push(released.answeredAt - released.sentAt);
    times.status.push(status.answeredAt - status.sentAt);
  }
}
