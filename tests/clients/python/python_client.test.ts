import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { findPython, INSTALL_PYTHON } from './installation.js';

const python = findPython();
if (python === null) {
  process.stderr.write(`skipped: the Python client's tests (${INSTALL_PYTHON})\n`);
}
const withPython = python === null ? test.skip : test;

withPython(
  "the Python client's own tests pass, over this service",
  async () => {
    const args = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--tb=short'];
    const options = { cwd: join('clients', 'python'), timeout: 380_000 };
    const told = await promisify(execFile)(python ?? '', args, options).catch(({ stdout }) => ({ stdout }));
    expect(told.stdout).toMatch(/^\d+ passed(, \d+ skipped)?(, \d+ warnings?)? in /m);
  },
  400_000,
);
