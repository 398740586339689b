import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awaitedTimers } from '../../src/kernel/timers.js';
import { PrefectClient } from '../../src/prefect/client.js';
import { PrefectHttp } from '../../src/prefect/http.js';
import { prefectEnvironment, startProgram } from './programs.js';
import type { PrefectServerAddress } from './server.js';

/** A client of a server. */
export function clientOf({ apiUrl, authString }: PrefectServerAddress): PrefectClient {
  return new PrefectClient(httpOf({ apiUrl, authString }));
}

/** For calls that the client has not. */
export function httpOf({
  apiUrl,
  authString,
}: Pick<PrefectServerAddress, 'apiUrl' | 'authString'>): PrefectHttp {
  return new PrefectHttp({
    address: { apiUrl, authString, apiKey: null },
    timers: awaitedTimers,
    random: Math.random,
  });
}

const CLI = 'from prefect.cli import app; app()';

/** Runs Prefect's own command line against a server; returns what it prints. */
export function runPrefect(
  { apiUrl, authString }: PrefectServerAddress,
  ...args: readonly string[]
): Promise<string> {
  return runWithPrefect(CLI, args, { PREFECT_API_URL: apiUrl, PREFECT_API_AUTH_STRING: authString });
}

/** Runs Python that may import Prefect; returns what it prints. */
export async function runWithPrefect(
  code: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'prefect-program-'));
  const [stdout, stderr] = [join(home, 'stdout'), join(home, 'stderr')] as const;
  try {
    const env = { ...prefectEnvironment(home), ...settings };
    const { ended } = await startProgram({ code, args, env, cwd: home, stdout, stderr });
    const exit = await ended;
    const printed = readFileSync(stdout, 'utf8');
    if (exit !== 0) throw new Error(`${args.join(' ')}: ${printed}${readFileSync(stderr, 'utf8')}`);
    return printed;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
