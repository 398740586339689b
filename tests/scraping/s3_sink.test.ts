import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Checkpoint } from '../../src/runs/store.js';
import { connectS3 } from '../../src/scraping/sinks/s3_bucket.js';
import { lines, NEVER, NOTHING_STORED, StoringPlace } from './storing.js';

const JANUARY = 'tech/news/messages/2024-01.jsonl';

let place: StoringPlace;

beforeEach(async () => {
  place = await StoringPlace.make('S3');
});
afterEach(() => place.remove());

/** Stores and records messages, on the machine with this data directory. */
async function record(checkpoint: Checkpoint, ids: readonly number[], dataDir = place.dataDir) {
  const sink = await place.open(checkpoint, NEVER, place.s3, dataDir);
  await sink.append(lines(...ids), '2024-01', ids.at(-1) ?? 0, NEVER);
  const recorded = await sink.commit(true, NEVER);
  await sink.close();
  return recorded;
}

describe('a month in S3', () => {
  it('is uploaded from time to time, and what may be recorded follows the upload', async () => {
    const sink = await place.open();
    await sink.append(lines(1), '2024-01', 1, NEVER);
    expect(await sink.commit(false, NEVER)).toEqual(NOTHING_STORED);
    expect(await place.paths()).toEqual([]);
    await place.time.advance(1);
    expect(await sink.commit(false, NEVER)).toMatchObject({ lastMessageId: 1, monthPath: JANUARY });
    await sink.append(lines(2), '2024-01', 2, NEVER);
    expect(await sink.commit(false, NEVER)).toMatchObject({ lastMessageId: 1 });
    expect(await sink.commit(true, NEVER)).toMatchObject({ lastMessageId: 2 });
    expect(await place.text(JANUARY)).toBe(lines(1, 2).toString());
    await sink.close();
  });

  it('is uploaded before the next one starts, and its working copy is deleted', async () => {
    const sink = await place.open();
    await sink.append(lines(1), '2024-01', 1, NEVER);
    await sink.append(lines(2), '2024-02', 2, NEVER);
    expect(await sink.commit(false, NEVER)).toMatchObject({ lastMessageId: 1, monthPath: JANUARY });
    expect(await readdir(join(place.dataDir, 'scraped-working/source-7'))).toEqual(['2024-02.jsonl']);
    await sink.close();
  });

  it('leaves files alone that are received while it starts', async () => {
    const sink = await place.open();
    await sink.append(lines(1), '2024-01', 1, NEVER);
    const content = (async function* () {
      yield Buffer.from('content');
    })();
    const file = { messageId: 3, date: Date.UTC(2024, 1, 1) / 1000, name: 'a.txt' };
    const received = await sink.store(file, content, NEVER);
    await sink.append(lines(2), '2024-02', 2, NEVER);
    const path = await received.keep(NEVER);
    expect(await place.text(path)).toBe('content');
    await sink.close();
  });

  it('is continued by another replica, and then by the first, which had written other lines', async () => {
    const first = await record(NOTHING_STORED, [1, 2]);
    const left = await place.open(first);
    // As long as what the other replica will write, but different.
    await left.append(lines(7, 8), '2024-01', 8, NEVER);
    const second = await record(first, [3, 4], join(place.dataDir, 'other'));
    await left.close();
    await record(second, [5]);
    expect(await place.text(JANUARY)).toBe(lines(1, 2, 3, 4, 5).toString());
  });

  it('is downloaded again if its working copy was changed or is missing', async () => {
    const recorded = await record(NOTHING_STORED, [1, 2]);
    const working = join(place.dataDir, 'scraped-working/source-7');
    await writeFile(join(working, '2024-01.jsonl'), '');
    const after = await record(recorded, [3]);
    for (const name of await readdir(working)) await writeFile(join(working, name), 'x'.repeat(500));
    await record(after, [4]);
    expect(await place.text(JANUARY)).toBe(lines(1, 2, 3, 4).toString());
  });

  it('is not downloaded if the working copy is what was uploaded', async () => {
    const recorded = await record(NOTHING_STORED, [1, 2]);
    const { FaultyProxy } = await import('../../sandbox/s3/faulty_proxy.js');
    const proxy = await FaultyProxy.start(place.server?.port ?? 0);
    const read: string[] = [];
    proxy.spoil = (method, url) => {
      if (method === 'GET' && url.includes('.jsonl')) read.push(url);
      return null;
    };
    const sink = await place.open(recorded, NEVER, place.server?.config('bucket', proxy.port));
    await sink.close();
    await proxy.close();
    expect(read).toEqual([]);
  });
});

describe('what an interrupted run left', () => {
  it('is deleted, even if there is more than a server lists at once', async () => {
    await (await place.open()).close();
    const bucket = await connectS3(place.s3);
    for (const id of [1, 2, 3]) await bucket.put(`tech/news/files/2024-01/${id}_a.txt`, 'a', NEVER);
    bucket.close();
    if (place.server) place.server.pages.largest = 2;
    await (await place.open()).close();
    expect(await place.paths()).toEqual([]);
  });
});
