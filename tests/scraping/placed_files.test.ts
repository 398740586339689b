import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type DownloadingAccount, FileDownloads } from '../../src/scraping/file_downloads.js';
import type { RunRecords } from '../../src/scraping/service_ports.js';
import type { Sink } from '../../src/scraping/sinks/sink.js';
import type { MediaFile, Message } from '../../src/telegram/message.js';
import { NEVER, StoringPlace } from './storing.js';

let place: StoringPlace;
let sink: Sink;
let files: FileDownloads;

beforeEach(async () => {
  place = await StoringPlace.make('LOCAL');
  sink = await place.open();
  const runs = { storedAs: async () => null } as unknown as RunRecords;
  files = new FileDownloads({ runs, sink, filter: { sourceId: 7, fileTypes: null, maxFileBytes: 1_000 } });
});
afterEach(async () => {
  await sink.close();
  await place.remove();
});

const DATE = Date.UTC(2024, 0, 5) / 1000;

function messageWith(id: number, content: string): Message {
  const file = {
    kind: 'document',
    id: content,
    name: 'a.txt',
    mimeType: 'text/plain',
    sizeBytes: content.length,
  };
  return { id, date: DATE, file: file as unknown as MediaFile } as unknown as Message;
}

/** Downloads the contents, which are the files' ids; `slow` only once it is let to. */
class Downloads implements DownloadingAccount {
  readonly begun: string[] = [];
  release = () => {};
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  async *download({ id }: MediaFile): AsyncGenerator<Buffer> {
    this.begun.push(id);
    if (id === 'slow') await this.#released;
    if (id === 'fails') throw new Error('failed');
    yield Buffer.from(id);
  }
}

const temporary = async () =>
  (await readdir(join(place.root, 'tech/news'))).filter((name) => name.startsWith('.part-'));

describe('files of pages that are read at once', () => {
  it('are decided on in the order of messages, whichever arrives first', async () => {
    const account = new Downloads();
    const later = files.fetch(account, [messageWith(12, 'same'), messageWith(13, 'other')], NEVER);
    await Promise.all(later.files);
    const earlier = files.fetch(account, [messageWith(2, 'same'), messageWith(3, 'same')], NEVER);
    await Promise.all(earlier.files);
    const path = 'tech/news/files/2024-01/2_a.txt';
    expect(await files.place(earlier.files, NEVER)).toMatchObject([
      { messageId: 2, state: 'stored', path },
      { messageId: 3, state: 'duplicate', path },
    ]);
    expect(await files.place(later.files, NEVER)).toMatchObject([
      { messageId: 12, state: 'duplicate', path },
      { messageId: 13, state: 'stored' },
    ]);
    expect(await place.paths()).toEqual([
      'tech/news/files/2024-01/13_a.txt',
      'tech/news/files/2024-01/2_a.txt',
    ]);
  });

  it('are placed while later ones of their page are downloaded', async () => {
    const account = new Downloads();
    const page = files.fetch(account, [messageWith(1, 'quick'), messageWith(2, 'slow')], NEVER);
    const placing = files.place(page.files, NEVER);
    const isPlaced = async () => (await place.paths()).some((path) => path.endsWith('1_a.txt'));
    while (!(await isPlaced())) await new Promise(setImmediate);
    account.release();
    expect(await placing).toMatchObject([{ state: 'stored' }, { state: 'stored' }]);
  });

  it('fail together, also where the first one still waits', async () => {
    const account = new Downloads();
    const page = files.fetch(account, [messageWith(1, 'slow'), messageWith(2, 'fails')], NEVER);
    const placing = files.place(page.files, NEVER);
    await expect(placing).rejects.toThrow('failed');
    const settled = await Promise.allSettled(page.files);
    expect(settled).toMatchObject([{ reason: { message: 'failed' } }, { reason: { message: 'failed' } }]);
    expect(await temporary()).toEqual([]);
  });

  it('are not downloaded again by whoever reads a page that failed half-way', async () => {
    const account = new Downloads();
    const page = [messageWith(1, 'one'), messageWith(2, 'fails')];
    const failing = files.fetch(account, page, NEVER);
    expect((await Promise.allSettled(failing.files)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
    ]);
    const again = new Downloads();
    expect(files.bytesOf(page)).toBe('fails'.length);
    const fetched = files.fetch(again, [messageWith(1, 'one'), messageWith(2, 'two')], NEVER);
    expect(await files.place(fetched.files, NEVER)).toMatchObject([{ state: 'stored' }, { state: 'stored' }]);
    expect(again.begun).toEqual(['two']);
  });

  it('are removed where they were never placed', async () => {
    const fetched = files.fetch(new Downloads(), [messageWith(1, 'one'), messageWith(2, 'two')], NEVER);
    await Promise.all(fetched.files);
    expect(await temporary()).toHaveLength(2);
    await files.place(fetched.files.slice(0, 1), NEVER);
    await files.close();
    expect(await temporary()).toEqual([]);
    expect(await place.paths()).toEqual(['tech/news/files/2024-01/1_a.txt']);
  });
});
