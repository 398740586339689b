import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoredFiles } from '../../src/scraping/stored_files.js';
import { NEVER, StoringPlace } from './storing.js';

describe.each(['S3', 'NAS', 'LOCAL'] as const)('a file stored in %s', (target) => {
  let place: StoringPlace;
  beforeEach(async () => {
    place = await StoringPlace.make(target);
  });
  afterEach(() => place.remove());

  it('is read in whole or in part; one that was never stored is not there', async () => {
    const sink = await place.open();
    async function* content() {
      yield Buffer.from('the content');
    }
    const received = await sink.store(
      { messageId: 3, date: 1_704_067_200, name: 'a b.txt' },
      content(),
      NEVER,
    );
    const path = await received.keep(NEVER);
    await sink.close();
    const files = new StoredFiles({ dataDir: place.dataDir, nasRoot: place.nasRoot, s3: place.s3 });
    for (const [first, last, part] of [
      [0, 10, 'the content'],
      [4, 6, 'con'],
    ] as const) {
      const opened = await files.open(target, path, NEVER);
      expect(opened?.sizeBytes).toBe(11);
      expect(opened && (await text(await opened.read(first, last)))).toBe(part);
    }
    const unread = await files.open(target, path, NEVER);
    await unread?.close();
    expect(await files.open(target, `${path}.other`, NEVER)).toBeNull();
  });
});
