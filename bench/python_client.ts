import { join } from 'node:path';
import { PROJECT_ROOT } from '../src/kernel/project.js';
import { findPython, INSTALL_PYTHON } from '../tests/clients/python/installation.js';
import type { Benchmark } from './benchmark.js';
import { API_KEY } from './client.js';
import { atMost, type Finding } from './finding.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';

const CYCLES = 400;

/** The Python client may add this much to a cycle of bare requests. */
const MAX_RATIO = 1.15;

const ENTRY_POINTS = ['threads', 'asyncio'] as const;

/** Milliseconds of a cycle. */
type Measured = Readonly<
  Record<(typeof ENTRY_POINTS)[number], { readonly bare: number; readonly client: number }>
>;

/** What the Python client adds to leasing and releasing with its HTTP library alone. */
export const pythonClient: Benchmark = {
  name: 'python',
  minutes: () => 5,
  async run(open, { share }): Promise<Finding[]> {
    const python = findPython();
    if (python === null) throw new Error(`needs Python: ${INSTALL_PYTHON}`);
    const place = await open();
    writePlainFiles(await place.makeDirectory('sessions'), 100);
    const server = await Server.start(place, { program: 'telegate' });
    const script = join(PROJECT_ROOT, 'bench', 'python_client_overhead.py');
    const stdout = await place.run({
      program: python,
      args: [script, `http://127.0.0.1:${server.port}`, API_KEY, String(Math.ceil(CYCLES * share))],
      env: { PYTHONPATH: join(PROJECT_ROOT, 'clients', 'python', 'src') },
    });
    await server.stop('SIGTERM');
    const measured: Measured = JSON.parse(stdout);
    return ENTRY_POINTS.map((entry) => {
      const { bare, client } = measured[entry];
      const sides = {
        ours: { value: client, unit: 'ms' },
        against: { value: bare, unit: 'ms', name: 'bare requests' },
      };
      return atMost(`lease and release by ${entry}`, sides, MAX_RATIO);
    });
  },
};
