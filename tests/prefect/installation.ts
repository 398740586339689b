import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

/** The version that the tests are for. */
export const PREFECT_VERSION = '3.9.1';

/** A virtual environment with Prefect. */
export interface PrefectInstallation {
  readonly python: string;
  /** Prefect's command line. */
  readonly prefect: string;
}

let found: PrefectInstallation | null | undefined;

/** Prefect of this version in PREFECT_VENV, in `.venv-prefect`, or on the PATH; null: in none of them. */
export function findPrefect(): PrefectInstallation | null {
  found ??=
    directories()
      .map(installationIn)
      .find((installation) => installation !== null) ?? null;
  return found;
}

function directories(): string[] {
  // biome-ignore lint/style/noProcessEnv: where programs are found.
  const { PREFECT_VENV, PATH = '' } = process.env;
  if (PREFECT_VENV) return [join(resolve(PREFECT_VENV), 'bin')];
  return [resolve('.venv-prefect', 'bin'), ...PATH.split(delimiter)];
}

function installationIn(bin: string): PrefectInstallation | null {
  const [python, prefect] = [join(bin, 'python'), join(bin, 'prefect')];
  if (!existsSync(prefect) || !existsSync(python)) return null;
  return hasVersion(python) ? { python, prefect } : null;
}

/** A virtual environment names its packages in a directory, which is quicker than to ask its Python. */
function hasVersion(python: string): boolean {
  const lib = join(dirname(python), '..', 'lib');
  const packages = existsSync(lib) ? readdirSync(lib).map((name) => join(lib, name, 'site-packages')) : [];
  if (packages.some((directory) => existsSync(join(directory, `prefect-${PREFECT_VERSION}.dist-info`))))
    return true;
  const script = "import importlib.metadata as m; print(m.version('prefect'))";
  return spawnSync(python, ['-c', script], { encoding: 'utf8' }).stdout?.trim() === PREFECT_VERSION;
}
