import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROJECT_ROOT } from '../src/kernel/project.js';
import type { Command } from './workplace.js';

const COMPILED = dirname(fileURLToPath(import.meta.url));

/** The Node options of `npm start`; the servers that ours is compared with get the same. */
const NODE_OPTIONS = ['--max-semi-space-size=8', '--heap-growing-percent=100'];

/** Programs of this project that run as separate processes. */
const PROGRAMS = {
  /** The service as shipped. */
  telegate: join(COMPILED, '..', 'src', 'main.js'),
  /** The service with different dependencies. */
  service: join(COMPILED, 'service.js'),
  bare_server: join(COMPILED, 'bare_server.js'),
  bare_walk: join(COMPILED, 'bare_walk.js'),
  autocannon: join(COMPILED, 'autocannon_load.js'),
  data_centres: join(COMPILED, 'scraping', 'data_centres_program.js'),
  bare_reader: join(COMPILED, 'scraping', 'bare_reader.js'),
  bucket: join(COMPILED, 'scraping', 'bucket_program.js'),
  gramjs_worker: join(COMPILED, 'clients', 'gramjs_worker.js'),
  fenced_worker: join(COMPILED, 'fence', 'fenced_worker.js'),
  plain_data_centre: join(COMPILED, 'fence', 'plain_data_centre.js'),
  flow: join(COMPILED, 'fence', 'flow.js'),
  mtcute_worker: join(COMPILED, 'clients', 'mtcute_worker.js'),
} as const;

export type Program = keyof typeof PROGRAMS;

/** The script that makes wrk lease and release. */
export const WRK_SCRIPT = join(PROJECT_ROOT, 'bench', 'lease_cycle.lua');

/** The command that runs a program of this project with this very Node. */
export function nodeCommand(
  program: Program,
  args: readonly string[],
  env: Record<string, string> = {},
): Command {
  return { program: process.execPath, args: [...NODE_OPTIONS, PROGRAMS[program], ...args], env };
}
