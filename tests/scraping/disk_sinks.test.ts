import { mkdir, readdir, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nodeTimers } from '../../src/kernel/timers.js';
import { lines, NEVER, NOTHING_STORED, StoringPlace } from './storing.js';

const FILE = { messageId: 1, date: 1_700_000_000, name: 'a.bin' };

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('content');
}

let place: StoringPlace;

beforeEach(async () => {
  place = await StoringPlace.make('NAS');
});
afterEach(() => place.remove());

describe('a NAS', () => {
  it('that is missing fails the run, and is not created', async () => {
    await rm(place.nasRoot, { recursive: true });
    const message =
      'NAS: NAS_ROOT is not a directory, or does not exist: mount it, then start the source again';
    await expect(place.open()).rejects.toMatchObject({ name: 'SinkFailed', message });
    await expect(readdir(place.nasRoot)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that has become its empty mount point fails the run, and nothing is written there', async () => {
    const sink = await place.open();
    await sink.append(lines(1), '2024-01', 1, NEVER);
    const recorded = await sink.commit(true, NEVER);
    await sink.close();
    await rename(place.nasRoot, `${place.nasRoot}-unmounted`);
    await mkdir(place.nasRoot);
    await expect(place.open(recorded)).rejects.toThrow('is NAS_ROOT mounted');
    expect(await readdir(place.nasRoot)).toEqual([]);
  });

  it('that disappears during a run fails it, and nothing is created in its place', async () => {
    const sink = await place.open();
    const arrived = await sink.store(FILE, content(), NEVER);
    await rename(place.nasRoot, `${place.nasRoot}-unmounted`);
    await mkdir(place.nasRoot);
    for (const storing of [
      () => sink.append(lines(1), '2024-01', 1, NEVER),
      () => sink.store(FILE, content(), NEVER),
      () => arrived.keep(NEVER),
    ]) {
      await expect(storing()).rejects.toThrow(/^NAS tech\/news\/.* is not there any more .*still mounted\?$/);
    }
    expect(await readdir(place.nasRoot)).toEqual([]);
    await rmdir(place.nasRoot);
    await rename(`${place.nasRoot}-unmounted`, place.nasRoot);
    expect(await place.text(await arrived.keep(NEVER))).toBe('content');
    await sink.close();
  });

  it('is not left through a symbolic link', async () => {
    const outside = join(place.dataDir, 'outside');
    await mkdir(outside, { recursive: true });
    await symlink(outside, join(place.nasRoot, 'tech'));
    await expect(place.open()).rejects.toThrow(
      "NAS tech/news: a symbolic link leads out of the target's root",
    );
    expect(await readdir(outside)).toEqual([]);
  });

  it('may contain symbolic links that stay inside', async () => {
    await mkdir(join(place.nasRoot, 'elsewhere'));
    await symlink('elsewhere', join(place.nasRoot, 'tech'));
    await (await place.open()).close();
    expect(await readdir(join(place.nasRoot, 'elsewhere'))).toEqual(['news']);
  });

  it('never writes a month through a symbolic link', async () => {
    const outside = join(place.dataDir, 'kept.txt');
    await mkdir(place.dataDir);
    await writeFile(outside, 'kept');
    const sink = await place.open();
    await symlink(outside, join(place.nasRoot, 'tech/news/messages/2024-01.jsonl'));
    await expect(sink.append(lines(1), '2024-01', 1, NEVER)).rejects.toThrow('symbolic link');
    await sink.close();
  });

  it('that is not set fails the run', async () => {
    const { openSink } = await import('../../src/scraping/sinks/open_sink.js');
    const config = { dataDir: place.dataDir, nasRoot: null, s3: place.s3 };
    const places = { config, clock: { now: () => 0 }, timers: nodeTimers, newId: () => 'a' };
    await expect(openSink(place.source, NOTHING_STORED, places, NEVER)).rejects.toThrow(
      'NAS_ROOT is not set',
    );
  });
});

describe('the message of a failure', () => {
  it('contains no absolute path', async () => {
    await writeFile(join(place.nasRoot, 'tech'), 'a file where a directory is wanted');
    const failure = await place.open().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'SinkFailed' });
    expect(String(failure)).not.toContain(place.nasRoot);
  });
});
