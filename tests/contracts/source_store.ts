import { describe, expect, it } from '@jest/globals';
import type { SourceFilter, SourceOrder, SourceSettings } from '../../src/sources/store.js';
import { botSessions } from './bot_sessions.js';
import { sharedKeys } from './missing_auth_keys.js';
import { runThrough } from './runs.js';
import { sessionReferences } from './session_references.js';
import { secrets } from './source_secrets.js';
import { addSource, wantedSource } from './sources.js';
import { add, type MakeStores, T0, usingStores } from './stores.js';

const ALL = { skip: 0, limit: 100 };

/** Every field of a source, with characters of all kinds. */
const FULL = wantedSource({
  name: 'Новости "ё" 😀',
  identifier: '-1001234567890',
  channelTitle: 'Ö {a,b} \\ NULL',
  accessLevel: 'private',
  target: 'S3',
  targetPath: 'a/b c',
  fileTypes: ['pdf', 'tar.gz', '"', '{}'],
  schedule: '*/5 * * * *',
  isActive: false,
  apiId: 2 ** 31 - 1,
  apiHash: 'encrypted',
  botToken: 'encrypted too',
});

const NEW = {
  ...{ botSession: null, createdAt: T0, updatedAt: T0, lastScrapedAt: null },
  ...{ totalMessages: 0, totalFiles: 0 },
};

/** What every driver's SourceStore must do. */
export function sourceStoreContract(make: MakeStores): void {
  describe('sources', () => kept(make));
  describe('edited sources', () => edited(make));
  describe('the target paths of sources', () => places(make));
  describe('the sessions of sources', () => sessionReferences(make));
  describe('the sessions of sources', () => sharedKeys(make));
  describe('secrets of sources', () => secrets(make));
  describe('the sessions of bots', () => botSessions(make));
}

function kept(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'are stored as given, with all fields or only the required ones',
    using(async (stores) => {
      const { a } = await add(stores, 'a');
      const full = { ...FULL, sessionId: Number(a) };
      expect(await addSource(stores, full)).toEqual({ id: 1, ...full, ...NEW });
      const little = wantedSource({ fileTypes: [] });
      expect(await addSource(stores, little)).toEqual({ id: 2, ...little, ...NEW });
      expect(await addSource(stores)).toEqual({ id: 3, ...wantedSource(), ...NEW });
      const { sources } = stores;
      expect(await sources.source(1)).toEqual({ id: 1, ...full, ...NEW });
      expect((await sources.source(2))?.fileTypes).toEqual([]);
      expect(await sources.source(99)).toBeNull();
    }),
  );

  it(
    'are created together with their first run, or without one',
    using(async ({ sources, runs }) => {
      await sources.create(wantedSource(), 'created', T0);
      await sources.create(wantedSource(), null, T0);
      expect(await runs.lastRuns([1, 2])).toMatchObject([
        { sourceId: 1, state: 'queued', reason: 'created' },
      ]);
    }),
  );

  it(
    'are listed by id, a page at a time, and found by name, the first of that name',
    using(async (stores) => {
      for (const name of ['b', 'a', 'b']) await addSource(stores, { name });
      const { sources } = stores;
      expect((await sources.sources(ALL)).map(({ id }) => id)).toEqual([1, 2, 3]);
      expect((await sources.sources({ skip: 1, limit: 1 })).map(({ id }) => id)).toEqual([2]);
      expect((await sources.named('b'))?.id).toBe(1);
      expect(await sources.named('B')).toBeNull();
    }),
  );

  it(
    'are searched, filtered, sorted and counted',
    using(async (stores) => {
      const ids = await add(stores, 'reader');
      await addSource(stores, { name: 'Новости', target: 'S3' });
      await addSource(stores, { name: 'b', identifier: '@Alpha', isActive: false });
      await addSource(stores, {
        name: 'a',
        channelTitle: 'ALL alphabets',
        accessLevel: 'private',
        sessionId: 1,
      });
      await runThrough(stores, 2);
      const list = async (filter: SourceFilter, order?: SourceOrder) => {
        const found = await stores.sources.sources(ALL, filter, order);
        expect(await stores.sources.count(filter)).toBe(found.length);
        return found.map(({ id }) => id);
      };
      expect(await list({ q: 'новост' })).toEqual([1]);
      expect(await list({ q: 'alpha' })).toEqual([2, 3]);
      expect(await list({ q: 'nothing' })).toEqual([]);
      expect(await list({ active: true })).toEqual([1, 3]);
      expect(await list({ target: 'S3' })).toEqual([1]);
      expect(await list({ accessLevel: 'private', sessionId: Number(ids.reader) })).toEqual([3]);
      expect(await list({ runState: 'cancelled' })).toEqual([2]);
      expect(await list({ runState: 'failed' })).toEqual([]);
      expect(await list({}, { by: 'name', descending: false })).toEqual([3, 2, 1]);
      expect(await list({}, { by: 'last_scraped_at', descending: true })).toEqual([3, 2, 1]);
    }),
  );

  it(
    'that are removed are gone, and their ids are not reused',
    using(async (stores) => {
      const made = await addSource(stores);
      expect(await stores.sources.remove(made.id)).toEqual(made);
      expect(await stores.sources.remove(made.id)).toBeNull();
      expect(await stores.sources.sources(ALL)).toEqual([]);
      expect((await addSource(stores)).id).toBe(made.id + 1);
    }),
  );

  it(
    'are scheduled while they are active and have a schedule',
    using(async (stores) => {
      const schedule = '0 * * * *';
      for (const isActive of [true, false, true, true]) await addSource(stores, { isActive, schedule });
      await stores.sources.edit(3, { schedule: null }, T0);
      const { sources } = stores;
      expect(await sources.scheduled(0, 10)).toEqual([
        { id: 1, schedule },
        { id: 4, schedule },
      ]);
      expect(await sources.scheduled(0, 1)).toEqual([{ id: 1, schedule }]);
      expect(await sources.scheduled(1, 10)).toEqual([{ id: 4, schedule }]);
    }),
  );
}

function edited(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'get a channel title only while they have none',
    using(async (stores) => {
      const untitled = await addSource(stores, { channelTitle: null });
      const titled = await addSource(stores, { channelTitle: 'Its own' });
      for (const id of [untitled.id, titled.id, 99]) await stores.sources.fillTitle(id, 'Found');
      await stores.sources.fillTitle(untitled.id, 'Later');
      expect(await stores.sources.source(untitled.id)).toEqual({ ...untitled, channelTitle: 'Found' });
      expect(await stores.sources.source(titled.id)).toEqual(titled);
    }),
  );

  it(
    'change only in the given fields',
    using(async (stores) => {
      const made = await addSource(stores, FULL);
      const change = { name: 'other', fileTypes: ['zip'], isActive: true };
      const after = { ...made, ...change, updatedAt: T0 + 1 };
      expect(await stores.sources.edit(1, change, T0 + 1)).toMatchObject({ kind: 'done', source: after });
      expect(await stores.sources.source(1)).toEqual(after);
    }),
  );

  it(
    'lose cleared fields',
    using(async (stores) => {
      const made = await addSource(stores, FULL);
      const none = { fileTypes: null, schedule: null, targetPath: null, apiHash: null, botToken: null };
      await stores.sources.edit(1, none, T0);
      expect(await stores.sources.source(1)).toEqual({ ...made, ...none });
    }),
  );

  it(
    'must exist',
    using(async ({ sources }) => {
      expect(await sources.edit(1, { name: 'other' }, T0)).toEqual({ kind: 'unknown' });
      expect(await sources.edit(1, { sessionId: 99 }, T0)).toEqual({ kind: 'unknown' });
    }),
  );
}

function places(make: MakeStores): void {
  const using = usingStores(make);
  const placed = (targetPath: string | null, target: SourceSettings['target'] = 'LOCAL') =>
    wantedSource({ targetPath, target });

  it(
    "are exclusive: not another one's, nor above or below it",
    using(async ({ sources }) => {
      expect(await sources.create(placed('a/b'), null, T0)).toMatchObject({ kind: 'done' });
      for (const taken of ['a/b', 'a', 'a/b/c']) {
        expect(await sources.create(placed(taken), null, T0)).toEqual({ kind: 'path_taken', by: 1 });
      }
      for (const free of ['a/bc', 'a/c', 'A', '%', null, null]) {
        expect(await sources.create(placed(free), null, T0)).toMatchObject({ kind: 'done' });
      }
      expect(await sources.create(placed('a/b', 'NAS'), null, T0)).toMatchObject({ kind: 'done' });
    }),
  );

  it(
    'stay so when sources change',
    using(async ({ sources }) => {
      for (const path of ['a', 'b']) await sources.create(placed(path), null, T0);
      expect(await sources.edit(2, { targetPath: 'a/x' }, T0)).toEqual({ kind: 'path_taken', by: 1 });
      expect(await sources.edit(2, { targetPath: 'b/x' }, T0)).toMatchObject({ kind: 'done' });
      await sources.create(placed('a', 'S3'), null, T0);
      expect(await sources.edit(3, { target: 'LOCAL' }, T0)).toEqual({ kind: 'path_taken', by: 1 });
    }),
  );

  it(
    'are assigned once, whatever the number of concurrent requests',
    using(async ({ sources }) => {
      const asked = Array.from({ length: 8 }, () => sources.create(placed('a'), null, T0));
      const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'done')).toHaveLength(1);
    }),
  );
}
