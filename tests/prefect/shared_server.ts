import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PrefectServer, type PrefectServerAddress, START_WITHIN_MS } from './server.js';

/**
 * The server that all suites of a test run share: the first that asks starts it, the end of the run stops it. Its
 * services that schedule runs and mark late ones are on. A suite names its flows, pools and deployments itself, so that
 * it meets no other's.
 */
export async function sharedPrefect(): Promise<PrefectServerAddress> {
  const directory = sharedDirectory();
  const ready = join(directory, 'ready.json');
  if (isFirst(join(directory, 'starting'))) {
    const server = await PrefectServer.make({ directory, endsWith: testRun() }).catch(
      (error: unknown) => error,
    );
    const told =
      server instanceof PrefectServer ? { ...server.address, pid: server.pid } : { failed: String(server) };
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

/** Stops the shared server, if one was started: at the end of the test run. */
export function endSharedPrefect(): void {
  const directory = sharedDirectory();
  const ready = join(directory, 'ready.json');
  if (existsSync(ready)) {
    const { pid } = JSON.parse(readFileSync(ready, 'utf8')) as { readonly pid?: number };
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  rmSync(directory, { recursive: true, force: true });
}

/** The process of the test run. */
function testRun(): number {
  // biome-ignore lint/style/noProcessEnv: the set-up says it.
  return Number(process.env.TEST_RUN);
}

function sharedDirectory(): string {
  // biome-ignore lint/style/noProcessEnv: the set-up makes it for the test run.
  const { TEST_PREFECT_DIRECTORY } = process.env;
  if (!TEST_PREFECT_DIRECTORY) throw new Error("the test run's set-up has not made a directory for Prefect");
  return TEST_PREFECT_DIRECTORY;
}

function isFirst(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch {
    return false;
  }
}
