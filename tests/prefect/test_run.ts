import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** The process of the test run. */
export function testRun(): number {
  // biome-ignore lint/style/noProcessEnv: the set-up says it.
  return Number(process.env.TEST_RUN);
}

/** The directory of what all suites of a test run share of Prefect. */
export function sharedDirectory(): string {
  // biome-ignore lint/style/noProcessEnv: the set-up makes it for the test run.
  const { TEST_PREFECT_DIRECTORY } = process.env;
  if (!TEST_PREFECT_DIRECTORY) throw new Error("the test run's set-up has not made a directory for Prefect");
  return TEST_PREFECT_DIRECTORY;
}

/** Whether nobody in the test run has asked for this before. */
export function isFirst(what: string): boolean {
  try {
    closeSync(openSync(join(sharedDirectory(), `${what}.started`), 'wx'));
    return true;
  } catch {
    return false;
  }
}
