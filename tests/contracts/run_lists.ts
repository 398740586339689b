import { expect, it } from '@jest/globals';
import type { FileFilter, LogFilter, RunFilter, RunOrder } from '../../src/runs/list_store.js';
import { batch, begin, file, OWNER, runThrough, take } from './runs.js';
import { addSource } from './sources.js';
import { type MakeStores, type Stores, T0, usingStores } from './stores.js';

const ALL = { skip: 0, limit: 100 };

/** Lists of runs, their logs and their files: filtered, sorted and counted. */
export function runLists(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'of runs are newest first, filtered and sorted, with the names of their sources',
    using(async (stores) => {
      const { first, second } = await twoSources(stores);
      await runThrough(stores, first.id, T0);
      await runThrough(stores, second.id, T0 + 1);
      const run = await begin(stores, second.id, T0 + 2);
      await take(stores, { now: T0 + 3 });
      await stores.runs.mark(run.id, OWNER, 'running', 'warm_one', T0 + 3);
      await stores.runs.store(run.id, OWNER, batch(9, 4), T0 + 4);
      const list = async (filter: RunFilter = {}, order?: RunOrder) => {
        const found = await stores.runLists.runs(ALL, filter, order);
        expect(await stores.runLists.runCount(filter)).toBe(found.length);
        return found.map(({ id }) => id);
      };
      expect(await list()).toEqual([3, 2, 1]);
      expect(await list({ sourceId: second.id })).toEqual([3, 2]);
      expect(await list({ states: ['running', 'failed'] })).toEqual([3]);
      expect(await list({ states: ['cancelled'] }, { by: 'id', descending: false })).toEqual([1, 2]);
      expect(await list({ reason: 'schedule' })).toEqual([]);
      expect(await list({ q: 'warm' })).toEqual([3]);
      expect(await list({ q: 'one news' })).toEqual([1]);
      expect(await list({}, { by: 'messages_read', descending: true })).toEqual([3, 2, 1]);
      expect(await list({}, { by: 'started_at', descending: false })).toEqual([3, 1, 2]);
      const [newest] = await stores.runLists.runs({ skip: 0, limit: 1 });
      expect(newest).toEqual({ ...(await stores.runs.run(run.id)), sourceName: 'two' });
    }),
  );

  it(
    'count the runs in each of several states at once',
    using(async (stores) => {
      const { first, second } = await twoSources(stores);
      await runThrough(stores, first.id, T0);
      await begin(stores, first.id, T0 + 1);
      await begin(stores, second.id, T0 + 2);
      await take(stores, { now: T0 + 3 });
      const counts = await stores.runLists.countsByState(['queued', 'running', 'waiting']);
      expect(Object.fromEntries(counts)).toEqual({ queued: 1, running: 1, waiting: 0 });
    }),
  );

  it(
    'of log entries can be followed and filtered by level and text',
    using(async (stores) => {
      const { first } = await twoSources(stores);
      const run = await begin(stores, first.id);
      await stores.runs.log(run.id, [
        { at: T0, level: 'info', message: 'reads with a' },
        { at: T0 + 1, level: 'warning', message: 'a: FLOOD_WAIT_5' },
        { at: T0 + 2, level: 'error', message: 'gone' },
      ]);
      const list = async (filter: LogFilter = {}) => {
        const found = await stores.runLists.logs(run.id, ALL, filter);
        expect(await stores.runLists.logCount(run.id, filter)).toBe(found.length);
        return found.map(({ message }) => message);
      };
      expect(await list()).toEqual(['reads with a', 'a: FLOOD_WAIT_5', 'gone']);
      expect(await list({ levels: ['warning', 'error'] })).toEqual(['a: FLOOD_WAIT_5', 'gone']);
      expect(await list({ q: 'FLOOD' })).toEqual(['a: FLOOD_WAIT_5']);
      const [oldest] = await stores.runLists.logs(run.id, { skip: 0, limit: 1 });
      expect(await list({ after: oldest?.id ?? 0 })).toEqual(['a: FLOOD_WAIT_5', 'gone']);
      const newest = await stores.runLists.logs(run.id, { skip: 0, limit: 1 }, {}, true);
      expect(newest).toEqual([{ id: expect.any(Number), at: T0 + 2, level: 'error', message: 'gone' }]);
    }),
  );

  it(
    'of files are those of a run or of a source, by message',
    using(async (stores) => {
      const { first } = await twoSources(stores);
      const run = await begin(stores, first.id);
      await take(stores);
      const skipped = { path: null, sha256: null, state: 'skipped', reason: 'too large' } as const;
      const files = [file(2, 'b', { name: 'b.zip', ...skipped }), file(1, 'a')];
      await stores.runs.store(run.id, OWNER, batch(5, 5, files), T0);
      const list = async (filter: FileFilter) => {
        const found = await stores.runLists.files(ALL, filter);
        expect(await stores.runLists.fileCount(filter)).toBe(found.length);
        return found.map(({ messageId }) => messageId);
      };
      expect(await list({ runId: run.id })).toEqual([1, 2]);
      expect(await list({ sourceId: first.id })).toEqual([1, 2]);
      expect(await list({ sourceId: first.id, state: 'skipped' })).toEqual([2]);
      expect(await list({ runId: run.id, q: '.pdf' })).toEqual([1]);
      expect(await list({ runId: 99 })).toEqual([]);
      const [one] = await stores.runLists.files(ALL, { runId: run.id });
      const of = { sourceId: first.id, sourceName: first.name, runId: run.id };
      expect(one).toEqual({ ...file(1, 'a'), ...of, id: expect.any(Number) });
      expect(await stores.runLists.file(one?.id ?? 0)).toEqual(one);
      expect(await stores.runLists.file(99)).toBeNull();
    }),
  );
}

async function twoSources(stores: Stores) {
  const first = await addSource(stores, { name: 'one news' });
  return { first, second: await addSource(stores, { name: 'two' }) };
}
