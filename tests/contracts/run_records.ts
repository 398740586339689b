import { expect, it } from '@jest/globals';
import type { RunLogEntry } from '../../src/runs/store.js';
import { batch, begin, file, makeSources, OWNER, runThrough, take, takeNew } from './runs.js';
import { type MakeStores, SECOND, T0, usingStores } from './stores.js';

const ALL = { skip: 0, limit: 20_000 };

/** Queries for current and past runs. */
export function records(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'is returned a page at a time, newest first',
    using(async (stores) => {
      const [a = 0, b = 0] = await makeSources(stores, 2);
      const runs = [await runThrough(stores, a), await runThrough(stores, a), await runThrough(stores, a)];
      await runThrough(stores, b);
      const [first, second, third] = runs.map(({ id }) => id);
      const page = async (skip: number, limit: number) =>
        (await stores.runs.runs(a, { skip, limit })).map(({ id }) => id);
      expect(await page(0, 2)).toEqual([third, second]);
      expect(await page(2, 2)).toEqual([first]);
      expect(await stores.runs.runs(99, ALL)).toEqual([]);
      expect(await stores.runs.run(99)).toBeNull();
    }),
  );

  it(
    'includes the newest run of each of many sources',
    using(async (stores) => {
      const [a = 0, b = 0, c = 0, never = 0] = await makeSources(stores, 4);
      for (const id of [a, a, b, c]) await runThrough(stores, id);
      const newest = await begin(stores, a);
      const last = await stores.runs.lastRuns([b, never, a, 99]);
      expect(last).toEqual([newest, (await stores.runs.runs(b, ALL))[0]]);
      expect(await stores.runs.lastRuns([])).toEqual([]);
    }),
  );

  it(
    'includes its files, by message, a page at a time',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const skipped = { path: null, sha256: null, state: 'skipped', reason: 'too large' } as const;
      const files = [file(5, 'b'), file(1, 'a'), file(9, 'c', skipped), file(7, 'a', { state: 'duplicate' })];
      await stores.runs.store(id, OWNER, batch(9, 9, files), T0);
      const sorted = files.toSorted((one, other) => one.messageId - other.messageId);
      expect(await stores.runs.files(id, ALL)).toEqual(sorted);
      expect(await stores.runs.files(id, { skip: 1, limit: 2 })).toEqual(sorted.slice(1, 3));
      expect(await stores.runs.files(99, ALL)).toEqual([]);
    }),
  );

  it(
    'includes its log, oldest first, a page at a time',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const entries = [entry('one'), entry('two', { level: 'warning' }), entry('three', { level: 'error' })];
      await stores.runs.log(id, entries.slice(0, 2));
      await stores.runs.log(id, []);
      await stores.runs.log(id, entries.slice(2));
      expect(await stores.runs.logs(id, ALL)).toEqual(entries);
      expect(await stores.runs.logs(id, { skip: 1, limit: 1 })).toEqual(entries.slice(1, 2));
      expect(await stores.runs.logs(99, ALL)).toEqual([]);
    }),
  );

  it(
    'keeps the newest ten thousand entries of its log, without dropping those of other runs',
    using(async (stores) => {
      const other = await takeNew(stores);
      await stores.runs.log(other.id, [entry('first')]);
      await begin(stores, (await makeSources(stores, 1))[0] ?? 0);
      const { id } = (await take(stores)) ?? other;
      expect(id).not.toBe(other.id);
      await stores.runs.log(id, numbered(0, 9_999));
      await stores.runs.log(id, numbered(9_999, 10_003));
      const kept = await stores.runs.logs(id, ALL);
      expect([kept.length, kept[0]?.message, kept.at(-1)?.message]).toEqual([10_000, '3', '10002']);
      await stores.runs.log(id, numbered(0, 10_001));
      expect((await stores.runs.logs(id, ALL)).map(({ message }) => message)).toEqual(
        numbered(1, 10_001).map(({ message }) => message),
      );
      expect(await stores.runs.logs(other.id, ALL)).toHaveLength(1);
    }),
  );

  it(
    'truncates messages and errors that are too long, and keeps characters that databases cannot store',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const long = 'x'.repeat(2_001);
      const odd = 'a\0b\uD800c 😀';
      await stores.runs.log(id, [entry(long), entry('y'.repeat(2_000)), entry(odd)]);
      const [cut, whole, replaced] = await stores.runs.logs(id, ALL);
      expect(cut?.message).toBe(`${'x'.repeat(1_999)}…`);
      expect(whole?.message).toBe('y'.repeat(2_000));
      expect(replaced?.message).toBe('a\uFFFDb\uFFFDc 😀');
      await stores.runs.finish(id, OWNER, 'failed', `${odd}${long}`, T0);
      const error = (await stores.runs.run(id))?.error ?? '';
      expect(error).toHaveLength(2_000);
      expect(error.startsWith('a\uFFFDb\uFFFDc')).toBe(true);
    }),
  );

  it(
    'drops old log entries of all runs, a few at a time',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const ages = [3, 1, 2, 4].map((seconds) => entry(`${seconds}`, { at: T0 + seconds * SECOND }));
      await stores.runs.log(id, ages);
      expect(await stores.runs.pruneLogs(T0 + 4 * SECOND, 2)).toBe(2);
      expect((await stores.runs.logs(id, ALL)).map(({ message }) => message)).toEqual(['3', '4']);
      expect(await stores.runs.pruneLogs(T0 + 4 * SECOND, 2)).toBe(1);
      expect(await stores.runs.pruneLogs(T0 + 4 * SECOND, 2)).toBe(0);
      expect((await stores.runs.logs(id, ALL)).map(({ message }) => message)).toEqual(['4']);
    }),
  );
}

function entry(message: string, over: Partial<RunLogEntry> = {}): RunLogEntry {
  return { at: T0, level: 'info', message, ...over };
}

function numbered(from: number, to: number): RunLogEntry[] {
  return Array.from({ length: to - from }, (_, index) => entry(`${from + index}`));
}
