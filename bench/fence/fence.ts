import type { Benchmark } from '../benchmark.js';
import type { Finding } from '../finding.js';
import { frozenWorkers } from './frozen.js';
import { connectionMemory, throughput } from './load.js';

/** The values of `--way`. */
export const FENCE_PARTS = ['frozen', 'memory', 'throughput'];

/** How often a worker is stopped while it uses a session, and woken after another one has it. */
const TIMES = 500;

/** What the egress fence promises, and what it costs. */
export const fence: Benchmark = {
  name: 'fence',
  minutes: () => 40,
  async run(open, { share, ways }) {
    const isWanted = (way: string) => ways.length === 0 || ways.includes(way);
    const findings: Finding[] = [];
    if (isWanted('memory')) findings.push(...(await connectionMemory(await open())));
    if (isWanted('throughput')) findings.push(...(await throughput(await open(), await open())));
    if (isWanted('frozen')) findings.push(...(await frozenWorkers(await open(), Math.ceil(TIMES * share))));
    return findings;
  },
};
