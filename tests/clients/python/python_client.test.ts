import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** What its tests need; the client itself needs only the first. */
const PACKAGES = ['httpx2', 'pytest', 'hatchling', 'requests', 'telethon', 'pyrogram'];

const python = findPython();
if (python === null) {
  process.stderr.write(
    "skipped: the Python client's tests (python3 -m venv .venv-clients && .venv-clients/bin/pip install './clients/python[telethon,pyrogram]' pytest hatchling requests)\n",
  );
}
const withPython = python === null ? test.skip : test;

/** In CLIENTS_VENV, or in `.venv-clients`; null: neither has everything. */
function findPython(): string | null {
  // biome-ignore lint/style/noProcessEnv: where programs are found.
  const { CLIENTS_VENV = '.venv-clients' } = process.env;
  const found = join(resolve(CLIENTS_VENV), 'bin', 'python');
  const script = `import importlib.util as u, sys; sys.exit(any(u.find_spec(n) is None for n in ${JSON.stringify(PACKAGES)}))`;
  return existsSync(found) && spawnSync(found, ['-c', script]).status === 0 ? found : null;
}

withPython(
  "the Python client's own tests pass, over this service",
  async () => {
    const args = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--tb=short'];
    const options = { cwd: join('clients', 'python'), timeout: 380_000 };
    const told = await promisify(execFile)(python ?? '', args, options).catch(({ stdout }) => ({ stdout }));
    expect(told.stdout).toMatch(/^\d+ passed(, \d+ warnings?)? in /m);
  },
  400_000,
);
