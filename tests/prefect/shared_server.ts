import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { endPrograms, START_WITHIN_MS } from './programs.js';
import { PrefectServer, type PrefectServerAddress } from './server.js';
import { isFirst, sharedDirectory } from './test_run.js';

/**
 * The server that all suites of a test run share: the first that asks starts it, the end of the run stops it. A suite
 * names its flows, pools and deployments itself, so that it meets no other's.
 */
export async function sharedPrefect(): Promise<PrefectServerAddress> {
  const directory = sharedDirectory();
  const ready = join(directory, 'ready.json');
  if (isFirst('server')) {
    const server = await PrefectServer.make({ directory, keep: true }).catch((error: unknown) => error);
    const told = server instanceof PrefectServer ? server.address : { failed: String(server) };
    writeFileSync(`${ready}.new`, JSON.stringify(told));
    renameSync(`${ready}.new`, ready);
  }
  const deadline = Date.now() + START_WITHIN_MS;
  while (!existsSync(ready)) {
    if (Date.now() > deadline) throw new Error('the Prefect server of the tests does not start');
    await setTimeout(100);
  }
  const told = JSON.parse(readFileSync(ready, 'utf8')) as PrefectServerAddress & { readonly failed?: string };
  if (told.failed !== undefined) throw new Error(told.failed);
  return told;
}

/** Stops the shared server, if one was started, and all programs that use Prefect: at the end of the test run. */
export function endSharedPrefect(): void {
  endPrograms();
  rmSync(sharedDirectory(), { recursive: true, force: true });
}
