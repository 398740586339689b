import { findPrefect, PREFECT_VERSION } from '../../tests/prefect/installation.js';
import type { Benchmark, Sizes } from '../benchmark.js';
import { type Finding, table } from '../finding.js';
import { findPostgres } from '../postgres_programs.js';
import { away } from './away.js';
import { chaos } from './chaos.js';
import { overhead } from './overhead.js';
import { race } from './race.js';
import { Site } from './site.js';
import { thousand } from './thousand.js';

const PARTS = { chaos, race, away, overhead, thousand } as const;

/** The values of `--way`. */
export const WAYS = Object.keys(PARTS) as (keyof typeof PARTS)[];

const MINUTES_A_PART = 30;

/** What runs are like under a real Prefect server, whatever happens to it and to the workers. */
export const prefect: Benchmark = {
  name: 'prefect',
  minutes: (sizes) => waysOf(sizes).length * MINUTES_A_PART,
  async run(open, sizes) {
    const [postgresPrograms, installation] = [findPostgres(), findPrefect()];
    if (!installation)
      process.stdout.write(`skipped: Prefect ${PREFECT_VERSION} is not installed (PREFECT_VENV)\n`);
    if (!postgresPrograms || !installation) return [];
    const findings: Finding[] = [];
    for (const way of waysOf(sizes)) {
      process.stdout.write(`${way} …\n`);
      const place = await open();
      const site = await Site.open(place, { postgres: postgresPrograms, prefect: installation });
      const found = await PARTS[way](site, sizes.share);
      await place.close();
      const named = found.map((finding) => ({ ...finding, what: `${way}: ${finding.what}` }));
      process.stdout.write(`\n${table(named)}\n`);
      findings.push(...named);
    }
    return findings;
  },
};

function waysOf({ ways }: Sizes): readonly (keyof typeof PARTS)[] {
  return ways.length === 0 ? WAYS : WAYS.filter((way) => ways.includes(way));
}
