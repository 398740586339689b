import type { Benchmark, Sizes } from '../benchmark.js';
import { type Finding, table } from '../finding.js';
import type { Workplace } from '../workplace.js';
import { leasing } from './leasing.js';
import type { DatabaseChoice } from './own_database.js';
import { speed } from './speed.js';
import { goBy, WAYS } from './ways.js';

/** The values of `--way`. */
export const PARTS = ['speed', 'leasing', ...WAYS];

const MINUTES_A_PART = 40;

/** What a run of a source costs, and that it stores everything exactly once, whatever happens. */
export const scraping: Benchmark = {
  name: 'scraping',
  minutes: (sizes) => partsOf(sizes).length * databasesOf(sizes).length * MINUTES_A_PART,
  async run(open, sizes) {
    const findings: Finding[] = [];
    for (const part of partsOf(sizes)) {
      const found = await measured(part, open, databasesOf(sizes));
      process.stdout.write(`\n${table(found)}\n`);
      findings.push(...found);
    }
    return findings;
  },
};

async function measured(
  part: string,
  open: () => Promise<Workplace>,
  databases: readonly DatabaseChoice[],
): Promise<Finding[]> {
  if (part === 'speed') return speed(await open());
  if (part === 'leasing') return leasing(await open());
  const findings: Finding[] = [];
  for (const database of databases) findings.push(...(await goBy(part, database, open)));
  return findings;
}

function partsOf({ ways }: Sizes): readonly string[] {
  return ways.length === 0 ? PARTS : ways;
}

function databasesOf({ database }: Sizes): readonly DatabaseChoice[] {
  const sqlite = { name: 'SQLite', server: null } as const;
  return database === null ? [sqlite] : [sqlite, { name: 'PostgreSQL', server: database }];
}
