import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { awaitedTimers } from '../../src/kernel/timers.js';
import { PrefectClient } from '../../src/prefect/client.js';
import { PrefectHttp } from '../../src/prefect/http.js';
import { installedPrefect, type PrefectServerAddress, prefectEnvironment } from './server.js';

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

/** Runs Prefect's own command line against a server; resolves with what it prints. */
export async function runPrefect(
  { apiUrl, authString }: PrefectServerAddress,
  ...args: string[]
): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'prefect-cli-'));
  try {
    const env = { ...prefectEnvironment(home), PREFECT_API_URL: apiUrl, PREFECT_API_AUTH_STRING: authString };
    return (await promisify(execFile)(installedPrefect().prefect, args, { env })).stdout;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
