import type { Benchmark, Sizes } from '../benchmark.js';
import { type Finding, table } from '../finding.js';
import { faults } from './faults.js';

const PARTS = { faults } as const;

/** The values of `--way`. */
export const CLIENT_WAYS = Object.keys(PARTS) as (keyof typeof PARTS)[];

const MINUTES_A_PART = 90;

/** What workers with the clients do to sessions, whatever is done to the workers. */
export const clients: Benchmark = {
  name: 'clients',
  minutes: (sizes) => waysOf(sizes).length * MINUTES_A_PART,
  async run(open, sizes) {
    const findings: Finding[] = [];
    for (const way of waysOf(sizes)) {
      process.stdout.write(`${way} …\n`);
      const place = await open();
      const found = await PARTS[way](place, sizes.share);
      await place.close();
      const named = found.map((finding) => ({ ...finding, what: `${way}: ${finding.what}` }));
      process.stdout.write(`\n${table(named)}\n`);
      findings.push(...named);
    }
    return findings;
  },
};

function waysOf({ ways }: Sizes): readonly (keyof typeof PARTS)[] {
  return ways.length === 0 ? CLIENT_WAYS : CLIENT_WAYS.filter((way) => ways.includes(way));
}
