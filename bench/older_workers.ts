import type { Benchmark } from './benchmark.js';
import { API_KEY, Client, readLease, WORKER_KEY } from './client.js';
import { exactly, type Finding } from './finding.js';
import { type DatabaseChoice, ownDatabase } from './scraping/own_database.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';
import type { Workplace } from './workplace.js';

const WORKERS = 32;
const SESSIONS = 24;
const CYCLES = 20_000;

/** Workers that send no lease ids and share one key and address: as long as each releases once, none is refused. */
export const olderWorkers: Benchmark = {
  name: 'older',
  minutes: () => 6,
  async run(open, { database }) {
    const findings = await measure(await open(), { name: 'SQLite', server: null });
    if (database === null) return findings;
    return [...findings, ...(await measure(await open(), { name: 'PostgreSQL', server: database }))];
  },
};

async function measure(place: Workplace, database: DatabaseChoice): Promise<Finding[]> {
  writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
  const API_KEYS = `${API_KEY},worker:${WORKER_KEY}`;
  const settings = { API_KEYS, ...(await ownDatabase(place, database)) };
  const server = await Server.start(place, { program: 'telegate', settings });
  const client = new Client(server.port, WORKERS);
  const count = { cycles: 0, released: 0 };
  await Promise.all(Array.from({ length: WORKERS }, () => work(client, count)));
  client.close();
  await server.stop('SIGTERM');
  return [
    exactly(
      `${database.name}: releases without a lease id by ${WORKERS} workers of one key`,
      count.released,
      CYCLES,
    ),
  ];
}

async function work(client: Client, count: { cycles: number; released: number }): Promise<void> {
  const headers = { 'X-API-Key': WORKER_KEY };
  while (count.cycles < CYCLES) {
    count.cycles += 1;
    const granted = await client.ask('GET', '/session?wait=60', headers);
    if (granted.status !== 200) throw new Error(`/session answered ${granted.status}: ${granted.body}`);
    const { session_id } = readLease(granted.body);
    const { status, body } = await client.ask('POST', `/release?session_id=${session_id}`, headers);
    if (status === 200) count.released += 1;
    else process.stdout.write(`refused: ${status} ${body}\n`);
  }
}
