import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark } from './benchmark.js';
import { Client } from './client.js';
import { type Finding, noted } from './finding.js';
import { drive, LOAD_PROGRAM, type LoadResult } from './load.js';
import { findPostgres } from './postgres_programs.js';
import { memory, processorSeconds } from './process_stats.js';
import { ReplicaSet } from './replica_set.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';
import type { Workplace } from './workplace.js';

const SESSIONS = 600;
const CONNECTIONS = [32, 256];
const SECONDS = 8;
const REPLICAS = 2;

/** What this machine carries, the load included: the figures of docs/operations/capacity.md. */
export const capacity: Benchmark = {
  name: 'capacity',
  minutes: () => 6,
  async run(open) {
    return [...(await withSqlite(await open())), ...(await withPostgres(await open()))];
  },
};

async function withSqlite(place: Workplace): Promise<Finding[]> {
  writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
  const server = await Server.start(place, { program: 'telegate' });
  // Stopped, so that the write-ahead log is in the file.
  await server.stop('SIGTERM');
  const before = databaseBytes(place);
  await server.start();
  const findings: Finding[] = [];
  let leases = 0;
  const idle = processorSeconds(server.pid);
  for (const connections of CONNECTIONS) {
    const load = await drive(place, { port: server.port, connections, seconds: SECONDS });
    await releaseAll(server.port);
    leases += load.requests / 2;
    findings.push(...speedOf(`SQLite, ${connections} connections`, [load]));
  }
  const busy = processorSeconds(server.pid) - idle;
  const { nowMiB, peakMiB } = memory(server.pid);
  await server.stop('SIGTERM');
  return [
    ...findings,
    noted('SQLite: CPU time of a lease and its release', { value: (busy / leases) * 1000, unit: 'ms' }),
    noted(`memory with ${SESSIONS} sessions, after that`, { value: nowMiB, unit: 'MiB' }),
    noted('memory, peak', { value: peakMiB, unit: 'MiB' }),
    noted(`database of ${SESSIONS} sessions, for one`, bytes(before / SESSIONS)),
    noted('history, for a lease and its release', bytes((databaseBytes(place) - before) / leases)),
  ];
}

async function withPostgres(place: Workplace): Promise<Finding[]> {
  const programs = findPostgres();
  if (!programs) return [];
  const set = await ReplicaSet.start(place, programs, { replicas: REPLICAS, sessions: SESSIONS });
  const processor = () => set.replicas.reduce((sum, { pid }) => sum + processorSeconds(pid), 0);
  const idle = processor();
  const loads = await Promise.all(
    set.replicas.map(({ port }) =>
      drive(place, { port, connections: CONNECTIONS[0] ?? 1, seconds: SECONDS }),
    ),
  );
  const leases = loads.reduce((sum, { requests }) => sum + requests / 2, 0);
  const cost = ((processor() - idle) / leases) * 1000;
  const used = set.replicas.map(({ pid }) => memory(pid).nowMiB);
  await set.stop();
  return [
    ...speedOf(`PostgreSQL, ${REPLICAS} replicas, ${CONNECTIONS[0]} connections each`, loads),
    noted('replicas: CPU time of a lease and its release', { value: cost, unit: 'ms' }),
    noted('memory of a replica, after that', { value: Math.max(...used), unit: 'MiB' }),
  ];
}

/** Of servers that were driven at the same time. */
function speedOf(where: string, loads: readonly LoadResult[]): Finding[] {
  const rate = loads.reduce((sum, { requests, seconds }) => sum + requests / seconds / 2, 0);
  const slowest = (of: (load: LoadResult) => number) => Math.max(...loads.map(of));
  return [
    noted(`${where} (${LOAD_PROGRAM}): leases with their releases`, { value: rate, unit: '/s' }),
    noted(`${where}: a request, p50`, { value: slowest(({ p50 }) => p50), unit: 'ms' }),
    noted(`${where}: a request, p99`, { value: slowest(({ p99 }) => p99), unit: 'ms' }),
  ];
}

async function releaseAll(port: number): Promise<void> {
  const client = new Client(port);
  await client.releaseAll();
  client.close();
}

const bytes = (value: number) => ({ value, unit: 'bytes' });

/** The size of the database with its write-ahead log. */
function databaseBytes({ directory }: Workplace): number {
  const files = ['telegate.db', 'telegate.db-wal'].map((name) => join(directory, 'data', name));
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
