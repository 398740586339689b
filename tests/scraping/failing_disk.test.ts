import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { filesBelow } from '../../sandbox/s3/objects.js';
import { lines, NO_S3, StoringPlace } from './storing.js';

const PRELOAD = new URL('../../sandbox/failing_disk.js', import.meta.url).href;
const SINK = new URL('../../src/scraping/sinks/open_sink.js', import.meta.url).href;
const TIMERS = new URL('../../src/kernel/timers.js', import.meta.url).href;
const MESSAGES = 15;

/** Stores messages, each with a file of three pieces; prints the checkpoint, and each file's path and checksum. */
const SCRIPT = `
  const { openSink } = await import(${JSON.stringify(SINK)});
  const { awaitedTimers: timers } = await import(${JSON.stringify(TIMERS)});
  const { source, dataDir, nasRoot, s3 } = JSON.parse(process.env.PLACE);
  let made = 0;
  const places = { config: { dataDir, nasRoot, s3 }, clock: { now: Date.now }, timers, newId: () => String(made++) };
  const never = new AbortController().signal;
  const nothing = { lastMessageId: 0, monthPath: null, monthBytes: 0 };
  const sink = await openSink(source, nothing, places, never);
  async function* content(id) { for (const part of [1, 2, 3]) yield Buffer.alloc(5000, id + ':' + part); }
  const files = [];
  let checkpoint;
  for (let id = 1; id <= ${MESSAGES}; id += 1) {
    const file = { messageId: id, date: 1_700_000_000, name: 'a.bin' };
    const arrived = await sink.store(file, content(id), never);
    files.push({ path: await arrived.keep(never), sha256: arrived.sha256 });
    await sink.append(Buffer.from('{"id":' + id + '}\\n'), '2024-01', id, never);
    checkpoint = await sink.commit(false, never);
  }
  await sink.close();
  console.log(JSON.stringify({ checkpoint, files }));
`;

let place: StoringPlace;

beforeEach(async () => {
  place = await StoringPlace.make('NAS');
});
afterEach(() => place.remove());

describe('a NAS that fails every tenth write', () => {
  it('is retried: all messages and files are stored once, and nothing else', async () => {
    const { source, dataDir, nasRoot } = place;
    const env = {
      NAS_ROOT: nasRoot,
      PLACE: JSON.stringify({ source, dataDir, nasRoot, s3: NO_S3 }),
    };
    const args = ['--no-warnings', `--import=${PRELOAD}`, '--input-type=module', '--eval', SCRIPT];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    const { refused } = JSON.parse(stderr);
    expect(refused).toBeGreaterThan(8);
    const { checkpoint, files } = JSON.parse(stdout);
    expect(checkpoint.lastMessageId).toBe(MESSAGES);
    const ids = Array.from({ length: MESSAGES }, (_, at) => at + 1);
    expect(await readFile(join(nasRoot, checkpoint.monthPath), 'utf8')).toBe(lines(...ids).toString());
    for (const { path, sha256 } of files) {
      const content = await readFile(join(nasRoot, path));
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    expect(await filesBelow(nasRoot)).toHaveLength(MESSAGES + 2);
  });
});
