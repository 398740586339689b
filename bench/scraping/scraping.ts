import type { Benchmark } from '../benchmark.js';
import { type Finding, table } from '../finding.js';
import { speed } from './speed.js';

/** What a run of a source costs, and that it stores all there is exactly once, whatever happens. */
export const scraping: Benchmark = {
  name: 'scraping',
  minutes: () => 60,
  async run(open) {
    const findings: Finding[] = await speed(await open());
    process.stdout.write(`${table(findings)}\n`);
    return findings;
  },
};
