import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lines, NEVER, StoringPlace } from './storing.js';

const FILE = { messageId: 1, date: 1_700_000_000, name: 'a.bin' };
/** The size of the disk, in bytes. */
const ROOM = 2 ** 20;

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

async function* bytes(count: number): AsyncGenerator<Uint8Array> {
  for (let given = 0; given < count; given += 65_536)
    yield Buffer.alloc(Math.min(65_536, count - given), 'x');
}

let place: StoringPlace;

beforeEach(async () => {
  place = await StoringPlace.make('NAS');
});

describe('a disk', () => {
  /** Whether this user may mount a small disk as the NAS. */
  function mounts(...options: string[]): boolean {
    const may = run(
      'mount',
      '-t',
      'tmpfs',
      '-o',
      [`size=${ROOM}`, ...options].join(','),
      'none',
      place.nasRoot,
    );
    if (!may) process.stderr.write('skipped: tests of a small disk need root and mount (run them as root)\n');
    return may;
  }

  afterEach(async () => {
    run('umount', '--lazy', place.nasRoot);
    await place.remove();
  });

  it('that is full fails the run, which continues once there is space, with nothing twice', async () => {
    if (!mounts()) return;
    const sink = await place.open();
    await sink.append(lines(1), '2024-01', 1, NEVER);
    const recorded = await sink.commit(true, NEVER);
    const full = {
      name: 'SinkFailed',
      retryable: false,
      message: expect.stringContaining('no space is left'),
    };
    await expect(sink.store(FILE, bytes(2 * ROOM), NEVER)).rejects.toMatchObject(full);
    expect((await place.paths()).filter((path) => path.includes('.part-'))).toEqual([]);
    const filler = join(place.nasRoot, 'filler');
    await writeFile(filler, Buffer.alloc(2 * ROOM)).catch(() => undefined);
    const page = Buffer.alloc(2 * 4096, `{"id":2}${' '.repeat(100)}\n`);
    await expect(sink.append(page, '2024-01', 2, NEVER)).rejects.toMatchObject(full);
    expect(await sink.commit(true, NEVER)).toEqual(recorded);
    await rm(filler);
    await sink.append(lines(2), '2024-01', 2, NEVER);
    const after = await sink.commit(true, NEVER);
    await sink.close();
    await (await place.open(after)).close();
    expect(await place.text(after.monthPath ?? '')).toBe(lines(1, 2).toString());
  });

  it('that is read-only fails the run', async () => {
    if (!mounts('ro')) return;
    await expect(place.open()).rejects.toMatchObject({
      name: 'SinkFailed',
      message:
        "NAS tech/news: NAS_ROOT can't be written (EROFS): the service's user needs permission to write there",
    });
  });
});
