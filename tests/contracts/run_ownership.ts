import { expect, it } from '@jest/globals';
import type { RunEnd } from '../../src/runs/store.js';
import { answersToOwner, batch, begin, makeSource, OWNER, REFUSED, take, takeNew, UNTIL } from './runs.js';
import { type MakeStores, SECOND, T0, usingStores } from './stores.js';

/** Runs that have an owner. */
export function ownership(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'keep their owner as long as it renews them',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      expect(await stores.runs.renew(id, OWNER, UNTIL + SECOND)).toEqual({ cancelRequested: false });
      expect(await take(stores, { owner: 'replica:2', now: UNTIL })).toBeNull();
      expect(await stores.runs.renew(id, 'replica:2', UNTIL)).toBeNull();
      expect(await stores.runs.renew(99, OWNER, UNTIL)).toBeNull();
      expect(await stores.runs.run(id)).toMatchObject({ owner: OWNER, ownedUntil: UNTIL + SECOND });
    }),
  );

  it(
    'continue with another owner where they stopped when ownership expires; the old one can do nothing',
    using(async (stores) => {
      const { id, sourceId } = await takeNew(stores);
      await stores.runs.store(id, OWNER, batch(10, 4), T0);
      await stores.runs.mark(id, OWNER, 'running', 'a', T0);
      expect(await take(stores, { owner: 'replica:2', now: UNTIL - 1 })).toBeNull();
      const taken = await take(stores, { owner: 'replica:2', now: UNTIL });
      const kept = { id, state: 'running', messagesRead: 4, sessionName: 'a', startedAt: T0 };
      expect(taken).toMatchObject({ ...kept, owner: 'replica:2', ownedUntil: UNTIL + 30 * SECOND });
      expect(await answersToOwner(stores, id)).toEqual(REFUSED);
      expect(await stores.runs.store(id, OWNER, batch(20, 9), UNTIL)).toBe(false);
      expect(await stores.runs.checkpoint(sourceId)).toMatchObject({ lastMessageId: 10 });
      expect(await stores.runs.run(id)).toEqual(taken);
    }),
  );

  it(
    'show since when they wait for a session, and which one they use or used last',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      await stores.runs.mark(id, OWNER, 'running', 'a', T0);
      await stores.runs.mark(id, OWNER, 'waiting', null, T0 + 1);
      await stores.runs.mark(id, OWNER, 'waiting', null, T0 + 2);
      const waiting = { state: 'waiting', sessionName: 'a', waitingSince: T0 + 1 };
      expect(await stores.runs.run(id)).toMatchObject(waiting);
      await stores.runs.defer(id, OWNER, 'none is free', T0 + 9);
      expect(await stores.runs.run(id)).toMatchObject({ ...waiting, state: 'deferred' });
      await take(stores, { now: T0 + 9 });
      expect(await stores.runs.mark(id, OWNER, 'running', 'b', T0 + 9)).toBe(true);
      expect(await stores.runs.run(id)).toMatchObject({ sessionName: 'b', waitingSince: null });
    }),
  );

  it(
    'name all sessions that read for them, while they do',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      const sessions = async () => (await stores.runs.run(id))?.sessions ?? null;
      expect(await sessions()).toBeNull();
      await stores.runs.mark(id, OWNER, 'running', 'a', T0);
      expect(await sessions()).toEqual(['a']);
      expect(await stores.runs.saveSessions(id, OWNER, ['a', 'b'])).toBe(true);
      expect(await sessions()).toEqual(['a', 'b']);
      await stores.runs.mark(id, OWNER, 'waiting', null, T0);
      expect(await sessions()).toBeNull();
      await stores.runs.saveSessions(id, OWNER, ['a', 'b']);
      await stores.runs.defer(id, OWNER, 'none is free', T0);
      expect(await sessions()).toBeNull();
    }),
  );

  it.each<[RunEnd, string | null, number | null]>([
    ['completed', null, T0 + 5],
    ['failed', 'the channel is gone', null],
    ['cancelled', null, null],
  ])('that end as %s are over, and only a completed one marks its source', (end, error, lastScrapedAt) =>
    using(async (stores) => {
      const { id, sourceId } = await takeNew(stores);
      await stores.runs.mark(id, OWNER, 'waiting', 'a', T0);
      expect(await stores.runs.finish(id, OWNER, end, error, T0 + 5)).toBe(true);
      expect(await stores.runs.run(id)).toMatchObject({
        ...{ state: end, error, owner: null, ownedUntil: null, waitingSince: null },
        ...{ sessionName: 'a', finishedAt: T0 + 5 },
      });
      expect(await stores.sources.source(sourceId)).toMatchObject({ lastScrapedAt });
      expect(await stores.runs.finish(id, OWNER, 'failed', 'again', T0 + 6)).toBe(false);
      expect(await take(stores, { now: UNTIL })).toBeNull();
      expect(await stores.runs.cancel(id, UNTIL)).toBe(false);
    })(),
  );

  it(
    'are deleted with their source, including their records',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const { id } = await begin(stores, sourceId);
      await take(stores);
      await stores.runs.store(id, OWNER, batch(10, 4), T0);
      await stores.runs.log(id, [{ at: T0, level: 'info', message: 'began' }]);
      await stores.sources.remove(sourceId);
      expect(await answersToOwner(stores, id)).toEqual(REFUSED);
      expect(await stores.runs.store(id, OWNER, batch(20, 4), T0)).toBe(false);
      expect(await stores.runs.cancel(id, T0)).toBeNull();
      await stores.runs.log(id, [{ at: T0, level: 'info', message: 'goes on' }]);
      expect(await stores.runs.run(id)).toBeNull();
      expect(await stores.runs.logs(id, { skip: 0, limit: 9 })).toEqual([]);
      expect(await stores.runs.checkpoint(sourceId)).toMatchObject({ lastMessageId: 0 });
    }),
  );
}
