import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the Python client's tests need; the client itself needs only the first. */
const PACKAGES = ['httpx2', 'pytest', 'hatchling', 'requests', 'telethon', 'pyrogram'];

/** How to get it. */
export const INSTALL_PYTHON =
  "python3 -m venv .venv-clients && .venv-clients/bin/pip install './clients/python[telethon,pyrogram]' pytest hatchling requests mypy pyright";

/** A Python with all of them, in CLIENTS_VENV or in `.venv-clients`; null: there is none. */
export function findPython(): string | null {
  // biome-ignore lint/style/noProcessEnv: where programs are found.
  const { CLIENTS_VENV = '.venv-clients' } = process.env;
  const python = join(resolve(CLIENTS_VENV), 'bin', 'python');
  const script = `import importlib.util as u, sys; sys.exit(any(u.find_spec(n) is None for n in ${JSON.stringify(PACKAGES)}))`;
  return existsSync(python) && spawnSync(python, ['-c', script]).status === 0 ? python : null;
}
