import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';

const page = readFileSync('docs/operations/capacity.md', 'utf8');

/** A constant of a source file. */
function constantIn(file: string, name: string): number {
  const [, digits = ''] = new RegExp(`const ${name} = ([\\d_]+);`).exec(readFileSync(file, 'utf8')) ?? [];
  return Number(digits.replaceAll('_', ''));
}

describe('the page on capacity', () => {
  it('counts connections as the service opens them', () => {
    const { connections = 0 } = {
      ...loadConfig({ DATABASE_URL: 'postgres://a:b@c/d', ENCRYPTION_KEYS: 'ab'.repeat(32) }).database,
    } as { readonly connections?: number };
    expect(page).toContain(`DATABASE_CONNECTIONS=${connections}\`, the default`);
    expect(page).toContain('`max_connections = 100`, that is six processes');
    expect(Math.floor((100 - 5) / (connections + 4))).toBe(6);
    expect(Math.floor((connections - 2) / 2)).toBe(4);
  });

  it('names the limits of the source', () => {
    const told = (number: number) => number.toLocaleString('en');
    expect(page).toContain(
      `Up to ${told(constantIn('src/pool/acquirer.ts', 'MAX_WAITING'))} requests can wait`,
    );
    expect(page).toContain(`(${constantIn('src/http/events.ts', 'MAX_LISTENERS')} at most)`);
    expect(page).toContain(
      `${told(constantIn('src/runs/rules.ts', 'MAX_RUNS_PER_SOURCE'))} runs of a source`,
    );
    expect(page).toContain(`\`MAX_CONCURRENT_RUNS\` of ${loadConfig({}).scraping.maxConcurrentRuns}`);
  });
});
