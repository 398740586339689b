import { existsSync } from 'node:fs';
import { API_KEY } from './client.js';
import { nodeCommand, WRK_SCRIPT } from './programs.js';
import type { Command, Workplace } from './workplace.js';

/** Where the Debian package `wrk`, or a manual build, installs it. */
const WRK = ['/usr/bin/wrk', '/usr/local/bin/wrk'].find((path) => existsSync(path)) ?? null;

/** The program that generates the load. */
export const LOAD_PROGRAM = WRK === null ? 'autocannon' : 'wrk';

/** How hard a server is driven. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The path to lease at; `/session` unless given. */
  readonly lease?: string;
}

/** The result; times in milliseconds. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Requests that were not answered with 2xx. */
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

/** Leases and releases as fast as the server answers, from a separate process. */
export async function drive(place: Workplace, load: Load): Promise<LoadResult> {
  const stdout = await place.run(WRK === null ? autocannonCommand(load) : wrkCommand(WRK, load));
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`the load printed no result: ${stdout}`);
  return JSON.parse(line) as LoadResult;
}

function wrkCommand(program: string, { port, connections, seconds, lease = '/session' }: Load): Command {
  const options = ['-t', '1', '-c', String(connections), '-d', String(seconds), '-s', WRK_SCRIPT];
  return { program, args: [...options, `http://127.0.0.1:${port}`, '--', lease, API_KEY] };
}

function autocannonCommand({ port, connections, seconds, lease = '/session' }: Load): Command {
  return nodeCommand('autocannon', [String(port), String(connections), String(seconds), lease]);
}
