import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const opening = new URL('../../src/scraping/sinks/open_sink.js', import.meta.url).href;

/** The output of a separate process with `openSink` and no test code: it loads what the service loads. */
function printedBy(script: string): unknown {
  const whole = `import { createRequire } from 'node:module';
    const { openSink } = await import(${JSON.stringify(opening)});
    const print = (value) => process.stdout.write(JSON.stringify(value));
    ${script}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', whole],
    {
      encoding: 'utf8',
      env: { DATA_DIR: directory },
    },
  );
  return stdout === '' ? stderr : JSON.parse(stdout);
}

const directory = mkdtempSync(join(tmpdir(), 'sdk-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Opens an S3 sink without a server. */
const OPEN = `const s3 = { endpoint: 'http://127.0.0.1:9', region: null, bucket: 'bucket', forcePathStyle: true,
      accessKeyId: 'S3RVER', secretAccessKey: 'hunter2hunter2' };
    const places = { config: { dataDir: process.env.DATA_DIR, nasRoot: null, s3 }, newId: () => 'a',
      clock: { now: () => 0 } };
    const source = { id: 1, createdAt: 1, target: 'S3', targetPath: null };
    const nothing = { lastMessageId: 0, monthPath: null, monthBytes: 0 };
    const failure = await openSink(source, nothing, places, new AbortController().signal).catch((error) => error);`;
const LOADED = `Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('@aws-sdk/client-s3'))`;

describe('the S3 SDK', () => {
  it('is loaded by the first S3 sink, and not before', () => {
    const script = `const before = ${LOADED}; ${OPEN} print([before, ${LOADED}]);`;
    expect(printedBy(script)).toEqual([false, true]);
  });

  it('does not wait for an unreachable server: it is reported, without secrets', () => {
    const script = `${OPEN} const { name, target, retryable, message } = failure; print({ name, target, retryable, message });`;
    expect(printedBy(script)).toEqual({
      ...{ name: 'SinkFailed', target: 'S3', retryable: true },
      message: 'S3 source-1/.telegate-source: the server does not answer (ECONNREFUSED): see S3_ENDPOINT',
    });
  });
});
