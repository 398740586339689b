import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { everyTenthWrite, FaultyProxy } from '../../sandbox/s3/faulty_proxy.js';
import type { S3Config } from '../../src/scraping/sinks/s3_bucket.js';
import { until } from '../service/manual_time.js';
import { lines, NEVER, NOTHING_STORED, StoringPlace } from './storing.js';

const LARGE = { messageId: 3, date: 1_700_000_000, name: 'large.bin' };

let place: StoringPlace;
let proxy: FaultyProxy;
let throughProxy: S3Config;

beforeEach(async () => {
  place = await StoringPlace.make('S3');
  if (place.server === null) throw new Error('S3 has a server');
  proxy = await FaultyProxy.start(place.server.port);
  throughProxy = place.server.config('bucket', proxy.port);
});
afterEach(async () => {
  await proxy.close();
  await place.remove();
});

async function* mebibytes(count: number): AsyncGenerator<Uint8Array> {
  for (let given = 0; given < count; given += 1) yield randomBytes(2 ** 20);
}

describe('an S3 server that spoils every tenth write', () => {
  it('is retried: all messages and files are stored once, and no parts remain', async () => {
    proxy.spoil = everyTenthWrite(503, 'lost', 500, 'unanswered');
    const sink = await place.open(NOTHING_STORED, NEVER, throughProxy);
    let recorded = NOTHING_STORED;
    const checksums = new Map<string, string>();
    for (let id = 1; id <= 24; id += 1) {
      await sink.append(lines(id), '2024-01', id, NEVER);
      recorded = await sink.commit(true, NEVER);
      expect(recorded.lastMessageId).toBe(id);
      const count = id % 8 === 0 ? 11 : 1;
      const arrived = await sink.store({ ...LARGE, messageId: id }, mebibytes(count), NEVER);
      checksums.set(await arrived.keep(NEVER), arrived.sha256);
    }
    await sink.close();
    expect(proxy.spoilt).toBeGreaterThanOrEqual(5);
    const ids = Array.from({ length: 24 }, (_, index) => index + 1);
    expect(await place.text('tech/news/messages/2024-01.jsonl')).toBe(lines(...ids).toString());
    for (const [path, sha256] of checksums) expect(await place.checksum(path)).toBe(sha256);
    expect(await place.paths()).toHaveLength(25);
    // An upload begun without an answer is aborted when the sink is next opened.
    await (await place.open(recorded)).close();
    expect(await place.server?.waiting('bucket')).toEqual([]);
    expect(await place.paths()).toHaveLength(25);
  });

  it('may lose the answer that an upload is complete', async () => {
    const sink = await place.open(NOTHING_STORED, NEVER, throughProxy);
    const arrived = await sink.store(LARGE, mebibytes(11), NEVER);
    let completions = 0;
    proxy.spoil = (method, url) => {
      const completes = method === 'POST' && url.includes('uploadId=');
      if (completes) completions += 1;
      return completes && completions === 1 ? 'unanswered' : null;
    };
    const path = await arrived.keep(NEVER);
    expect(completions).toBeGreaterThan(1);
    expect(await place.checksum(path)).toBe(arrived.sha256);
    await sink.close();
  });
});

/** Ends a run while the third part of its upload is under way; `spoil` decides what happens to requests. */
function endingAtThirdPart(spoil: FaultyProxy['spoil']) {
  const end = new AbortController();
  const counted = { parts: 0 };
  proxy.spoil = (method, url) => {
    if (method === 'PUT') counted.parts += 1;
    if (counted.parts === 3) end.abort(new Error('ended'));
    return spoil(method, url);
  };
  return { end, counted };
}

describe('an upload', () => {
  it('ends with the run, at once, and its parts are deleted on the server', async () => {
    const sink = await place.open(NOTHING_STORED, NEVER, throughProxy);
    const arrived = await sink.store(LARGE, mebibytes(16), NEVER);
    const { end, counted } = endingAtThirdPart(() => null);
    await expect(arrived.keep(end.signal)).rejects.toThrow('ended');
    expect(counted.parts).toBeLessThanOrEqual(4);
    await until(async () => (await place.server?.waiting('bucket'))?.length === 0);
    expect((await place.paths()).filter((path) => path.includes('/files/'))).toEqual([]);
    proxy.spoil = () => null;
    expect(await place.checksum(await arrived.keep(NEVER))).toBe(arrived.sha256);
    await sink.close();
  });

  it('interrupted by the end of its run is aborted when the sink is next opened', async () => {
    const sink = await place.open(NOTHING_STORED, NEVER, throughProxy);
    const arrived = await sink.store(LARGE, mebibytes(16), NEVER);
    // A dead run does not clean up.
    const { end } = endingAtThirdPart((method) => (method === 'DELETE' ? 'lost' : null));
    await expect(arrived.keep(end.signal)).rejects.toThrow('ended');
    await sink.close();
    expect(await place.server?.waiting('bucket')).toHaveLength(1);
    await (await place.open()).close();
    expect(await place.server?.waiting('bucket')).toEqual([]);
  });
});

describe('what is reported about S3', () => {
  it.each([
    ['a bucket that is not there', { bucket: 'elsewhere' }, /404|NoSuchBucket/, false],
    ['an unknown key', { accessKeyId: 'hunter2hunter2' }, /403 .*S3_ACCESS_KEY_ID/, false],
    ['no bucket set', { bucket: null }, /S3_BUCKET is not set/, false],
  ])('names %s, and no secret', async (_what, change, message, retryable) => {
    const failure = await place
      .open(NOTHING_STORED, NEVER, { ...place.s3, ...change })
      .catch((error) => error);
    expect(failure).toMatchObject({ name: 'SinkFailed', target: 'S3', retryable });
    expect(String(failure)).toMatch(message);
    expect(String(failure)).not.toMatch(/hunter2|S3RVER|127\.0\.0\.1/);
  });

  it('reports a server that refuses permanently, with its code', async () => {
    const sink = await place.open(NOTHING_STORED, NEVER, throughProxy);
    await sink.append(lines(1), '2024-01', 1, NEVER);
    // A 503 would have the SDK wait for a quarter of a minute.
    proxy.spoil = () => 500;
    await expect(sink.commit(true, NEVER)).rejects.toMatchObject({
      message: 'S3 tech/news/messages/2024-01.jsonl: the server refused with 500 InternalError',
      retryable: true,
    });
    proxy.spoil = () => null;
    expect(await sink.commit(true, NEVER)).toMatchObject({ lastMessageId: 1 });
    await sink.close();
  });
});
