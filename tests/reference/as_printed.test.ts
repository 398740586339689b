import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { type Compared, compareAll, page } from './as_printed/table.js';

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) process.stderr.write('skipped: curl is not installed (apt-get install curl)\n');
const withCurl = hasCurl ? describe : describe.skip;

withCurl('every request in the five documents, sent as printed', () => {
  let rows: readonly Compared[] = [];
  beforeAll(async () => {
    rows = await compareAll();
  }, 180_000);

  it('is answered as printed, or as the contract decides', () => {
    const undecided = rows.filter(({ printed, differences }) => differences.length > 0 && !printed.decided);
    expect(undecided.map(({ printed, differences }) => [printed.request, differences])).toEqual([]);
  });

  it('differs wherever a difference is documented', () => {
    const same = rows.filter(({ printed, differences }) => printed.decided && differences.length === 0);
    expect(same.map(({ printed }) => printed.request)).toEqual([]);
  });

  it('is listed in docs/references.md, which `npm run references’ writes', () => {
    expect(readFileSync(join(PROJECT_ROOT, 'docs', 'references.md'), 'utf8')).toBe(page(rows));
  });
});
