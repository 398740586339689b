import { expect, it } from '@jest/globals';
import { batch, begin, file, makeSource, OWNER, take, takeNew, upTo } from './runs.js';
import { type MakeStores, type Stores, T0, usingStores } from './stores.js';

const ALL = { skip: 0, limit: 10_000 };

/** Storing a batch: all or nothing. */
export function storing(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'starts empty, and continues from what was stored last',
    using(async (stores) => {
      const { id, sourceId } = await takeNew(stores);
      const nothing = { lastMessageId: 0, monthPath: null, monthBytes: 0 };
      expect(await stores.runs.checkpoint(sourceId)).toEqual(nothing);
      expect(await stores.runs.store(id, OWNER, batch(10, 5), T0)).toBe(true);
      const later = upTo(20, { monthPath: 'messages/2025-04.jsonl', monthBytes: 6_000_000_000 });
      await stores.runs.store(id, OWNER, { ...batch(20, 5), checkpoint: later }, T0);
      expect(await stores.runs.checkpoint(sourceId)).toEqual(later);
      await stores.runs.finish(id, OWNER, 'completed', null, T0);
      expect(await stores.runs.checkpoint(sourceId)).toEqual(later);
    }),
  );

  it(
    'adds to the counts of its run and the totals of its source',
    using(async (stores) => {
      const { id, sourceId } = await takeNew(stores);
      const progress = { messagesRead: 5, messagesStored: 4, filesFound: 3, filesDone: 2, filesSkipped: 1 };
      await stores.runs.store(id, OWNER, { checkpoint: upTo(5), files: [], progress }, T0);
      const bytes = { bytesDone: 5_000_000_000 };
      await stores.runs.store(id, OWNER, { checkpoint: upTo(5), files: [], progress: bytes }, T0);
      await stores.runs.store(id, OWNER, { checkpoint: upTo(9), files: [], progress }, T0);
      const twice = { messagesRead: 10, messagesStored: 8, filesFound: 6, filesDone: 4, filesSkipped: 2 };
      expect(await stores.runs.run(id)).toMatchObject({ ...twice, ...bytes });
      const source = await stores.sources.source(sourceId);
      expect(source).toMatchObject({ totalMessages: 8, totalFiles: 4 });

      await stores.runs.finish(id, OWNER, 'completed', null, T0);
      const next = await begin(stores, sourceId);
      await take(stores);
      await stores.runs.store(next.id, OWNER, { checkpoint: upTo(12), files: [], progress }, T0);
      expect(await stores.runs.run(next.id)).toMatchObject(progress);
      expect(await stores.sources.source(sourceId)).toMatchObject({ totalMessages: 12, totalFiles: 6 });
    }),
  );

  it(
    'changes nothing if the caller is not the owner',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const before = await everything(stores, id);
      expect(await stores.runs.store(id, 'replica:2', batch(10, 5, [file(1, 'a')]), T0)).toBe(false);
      expect(await stores.runs.store(99, OWNER, batch(10, 5, [file(1, 'a')]), T0)).toBe(false);
      expect(await everything(stores, id)).toEqual(before);
      await stores.runs.finish(id, OWNER, 'completed', null, T0);
      expect(await stores.runs.store(id, OWNER, batch(10, 5), T0)).toBe(false);
    }),
  );

  it(
    'never moves a source’s checkpoint back, and then changes nothing',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      await stores.runs.store(id, OWNER, batch(10, 5, [file(1, 'a')]), T0);
      const before = await everything(stores, id);
      const back = stores.runs.store(id, OWNER, batch(9, 5, [file(2, 'b')]), T0);
      await expect(back).rejects.toThrow('forward');
      const double = stores.runs.store(id, OWNER, batch(20, 5, [file(12, 'b'), file(12, 'c')]), T0);
      await expect(double).rejects.toThrow('one file');
      expect(await everything(stores, id)).toEqual(before);
    }),
  );

  it(
    'counts a batch once if it is stored again because its outcome was unknown',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const repeated = batch(10, 5, [file(1, 'a'), file(3, 'b')]);
      await stores.runs.store(id, OWNER, repeated, T0);
      const before = await everything(stores, id);
      expect(await stores.runs.store(id, OWNER, repeated, T0 + 1)).toBe(true);
      expect(await everything(stores, id)).toEqual(before);
    }),
  );

  it(
    'keeps a stored file of a message, and replaces a skipped one',
    using(async (stores) => {
      const { id, sourceId } = await takeNew(stores);
      const skipped = { path: null, sha256: null, state: 'skipped', reason: 'too large' } as const;
      await stores.runs.store(id, OWNER, batch(10, 5, [file(1, 'a'), file(3, 'b', skipped)]), T0);
      await stores.runs.finish(id, OWNER, 'completed', null, T0);
      const { id: next } = await begin(stores, sourceId);
      await take(stores);
      const again = [file(1, 'a', { state: 'duplicate' }), file(3, 'b')];
      await stores.runs.store(next, OWNER, batch(11, 1, again), T0);
      expect(await stores.runs.files(id, ALL)).toEqual([file(1, 'a')]);
      expect(await stores.runs.files(next, ALL)).toEqual([file(3, 'b')]);
    }),
  );

  it(
    'knows the path of a content within its source, not in others',
    using(async (stores) => {
      const { id, sourceId } = await takeNew(stores);
      const other = await makeSource(stores);
      const [a, b] = [file(1, 'a'), file(2, 'b', { path: null, state: 'skipped', reason: 'unwanted' })];
      const copy = file(3, 'a', { state: 'duplicate' });
      await stores.runs.store(id, OWNER, batch(3, 3, [a, b, copy]), T0);
      expect(await stores.runs.storedAs(sourceId, a.sha256 ?? '')).toBe(a.path);
      expect(await stores.runs.storedAs(sourceId, b.sha256 ?? '')).toBeNull();
      expect(await stores.runs.storedAs(other, a.sha256 ?? '')).toBeNull();
    }),
  );

  it(
    'stores thousands of files at once, whatever their names',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const names = ['ab\0c.pdf', '\uD83D.pdf', `${'名'.repeat(400)}.pdf`, "'); DROP TABLE files; --"];
      const odd = names.map((name, index) => file(index + 1, 'a', { name, state: 'duplicate' }));
      const many = Array.from({ length: 2_000 }, (_, index) => file(index + 10, 'b', { state: 'duplicate' }));
      await stores.runs.store(id, OWNER, batch(3_000, 3_000, [...odd, ...many]), T0);
      const kept = await stores.runs.files(id, ALL);
      const told = kept.slice(0, 4).map(({ name }) => name);
      expect(told).toEqual(['ab\uFFFDc.pdf', '\uFFFD.pdf', names[2], names[3]]);
      expect(kept).toHaveLength(2_004);
    }),
  );
}

/** Everything that storing may change in a run and its source. */
async function everything({ runs, sources }: Stores, id: number) {
  const run = await runs.run(id);
  const sourceId = run?.sourceId ?? 0;
  const files = await runs.files(id, ALL);
  return { run, files, checkpoint: await runs.checkpoint(sourceId), source: await sources.source(sourceId) };
}
