import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { type Filling, filled } from './printed.js';

const hasRequests = spawnSync('python3', ['-c', 'import requests']).status === 0;
if (!hasRequests)
  process.stderr.write('skipped: requests is not installed (apt-get install python3-requests)\n');

/** A suite that needs Python and its package `requests`. */
export const withPython = hasRequests ? describe : describe.skip;

const KEYED = `import sys, requests
keyed = requests.Session()
keyed.headers["X-API-Key"] = sys.argv[1]
`;

/** Runs a printed program, which was written before there were keys; what it writes. Rejects if it fails. */
export async function runPrintedPython(printed: string, { url, key, put }: Filling): Promise<string> {
  const program = filled(printed, put)
    .replace('import requests\n', KEYED)
    .replace('http://localhost:8000', url)
    .replaceAll(/\brequests\.(get|post)\(/g, 'keyed.$1(');
  const { stdout } = await promisify(execFile)('python3', ['-c', program, key], { timeout: 25_000 });
  return stdout;
}
