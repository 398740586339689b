import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const MODULE = new URL('../../src/kernel/threads.js', import.meta.url).href;

/** Fills its young generation with what survives, then tells its size in MiB. */
const FILLING = `
  import { parentPort } from 'node:worker_threads';
  import { getHeapSpaceStatistics } from 'node:v8';
  const kept = [];
  for (let n = 0; n < 400_000; n += 1) kept.push({ n });
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  parentPort.postMessage(young.space_size / 2 ** 20);
`;

const PROGRAM = `
  import { threadPerTask } from '${MODULE}';
  const entry = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(FILLING)}));
  threadPerTask.take(entry, { maxYoungGenerationSizeMb: 3 }).on('message', (size) => console.log(size));
`;

it('limits the young generation of a thread, whatever the command line gives the main thread', async () => {
  const args = ['--max-semi-space-size=8', '--input-type=module', '--eval', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThanOrEqual(3);
});
