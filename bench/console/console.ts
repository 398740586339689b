import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { findChromium, NO_CHROMIUM } from '../../tests/console/chromium.js';
import type { Benchmark, Sizes } from '../benchmark.js';
import { type Finding, said, table } from '../finding.js';
import type { DatabaseChoice } from '../scraping/own_database.js';
import { Desk } from './desk.js';
import { HOUR, memory, SHORT, WITHOUT_MACHINE_CODE } from './memory.js';
import { searching } from './searching.js';
import { seededServer } from './seeded.js';
import { sizes } from './sizes.js';

/** A part of the benchmark, and what its browser is started with. */
interface Part {
  readonly measure: (desk: Desk) => Promise<Finding[]>;
  readonly browserArguments?: readonly string[];
}

/** The parts, by the values of `--way`. */
const MEASURED: Readonly<Record<string, Part>> = {
  sizes: { measure: sizes },
  search: { measure: searching },
  memory: { measure: (desk) => memory(desk, SHORT), browserArguments: WITHOUT_MACHINE_CODE },
  hour: { measure: (desk) => memory(desk, HOUR), browserArguments: WITHOUT_MACHINE_CODE },
};

/** The values of `--way`. */
export const CONSOLE_PARTS = Object.keys(MEASURED);

/** What is measured unless parts are named. */
const USUAL = ['sizes', 'search', 'memory'];

/** The console, of a service with 10,000 sessions, 1,000 sources and 100,000 audit rows, in a real browser. */
export const consoleDesk: Benchmark = {
  name: 'console',
  minutes: ({ ways }) => (ways.includes('hour') ? 90 : 30),
  async run(open, { ways, database }: Sizes) {
    const program = findChromium();
    if (program === null) return [said('skipped', NO_CHROMIUM)];
    execFileSync(process.execPath, [join(PROJECT_ROOT, 'web', 'build.js')]);
    const choice: DatabaseChoice =
      database === null ? { name: 'SQLite', server: null } : { name: 'PostgreSQL', server: database };
    const place = await open();
    const server = await seededServer(place, choice);
    const findings: Finding[] = [];
    for (const way of ways.length === 0 ? USUAL : ways) {
      const part = MEASURED[way];
      if (!part) continue;
      const desk = await Desk.open(place, program, server.port, part.browserArguments ?? []);
      const found = await part.measure(desk);
      process.stdout.write(`\n${table(found)}\n`);
      findings.push(...found);
    }
    return findings;
  },
};
