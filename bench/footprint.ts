import type { Benchmark } from './benchmark.js';
import { Client } from './client.js';
import { below, type Finding, noted } from './finding.js';
import { drive } from './load.js';
import { memory } from './process_stats.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';
import { median } from './statistics.js';
import type { Workplace } from './workplace.js';

const MANY = 100_000;
const KNOWN = 10_000;
const STARTS = 7;

/** Longer than the scan thread stays alive after a sync. */
const LEASING_SECONDS = 15;

/** The footprint of the service: memory with many sessions, and time until it is ready. */
export const footprint: Benchmark = {
  name: 'footprint',
  minutes: () => 5,
  async run(open) {
    return [...(await memoryOfMany(await open())), ...(await readyTime(await open(), await open()))];
  },
};

async function memoryOfMany(place: Workplace): Promise<Finding[]> {
  const sessions = await place.makeDirectory('sessions');
  writePlainFiles(sessions, 1);
  const server = await Server.start(place, { program: 'telegate' });
  writePlainFiles(sessions, MANY);
  const client = new Client(server.port);
  const synced = await client.ask('POST', '/sync');
  const afterSync = memory(server.pid);
  if (synced.status !== 200) throw new Error(`/sync answered ${synced.status}: ${synced.body}`);
  await drive(place, { port: server.port, connections: 32, seconds: LEASING_SECONDS });
  const afterLeasing = memory(server.pid);
  client.close();
  await server.stop('SIGTERM');
  const what = `memory with ${MANY} sessions`;
  return [
    noted(`${what}, just after the first sync`, { value: afterSync.nowMiB, unit: 'MiB' }),
    below(`${what}, after ${LEASING_SECONDS} s of leasing`, { value: afterLeasing.nowMiB, unit: 'MiB' }, 200),
    noted(`${what}, peak`, { value: afterLeasing.peakMiB, unit: 'MiB' }),
  ];
}

async function readyTime(place: Workplace, barePlace: Workplace): Promise<Finding[]> {
  writePlainFiles(await place.makeDirectory('sessions'), KNOWN);
  const ours = await Server.start(place, { program: 'telegate' });
  const bare = await Server.start(barePlace, { program: 'bare_server' });
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < STARTS; round += 1) {
    await ours.stop('SIGTERM');
    times.ours.push(await ours.start());
    await bare.stop('SIGTERM');
    times.bare.push(await bare.start());
  }
  const what = `from start to ready with ${KNOWN} known files`;
  const seconds = median(times.ours) / 1000;
  const bareSeconds = median(times.bare) / 1000;
  return [
    below(what, { value: seconds, unit: 's' }, 1.5),
    {
      ...noted(`${what}, compared with bare Express`, { value: seconds, unit: 's' }),
      against: `bare Express: ${bareSeconds.toFixed(3)} s`,
      ratio: seconds / bareSeconds,
    },
  ];
}
