import { expect, it } from '@jest/globals';
import { batch, begin, file, makeSource, makeSources, OWNER, runThrough, take, UNTIL } from './runs.js';
import { type MakeStores, SECOND, T0, usingStores } from './stores.js';

const NONE_YET = {
  ...{ messagesRead: 0, messagesStored: 0, filesFound: 0, filesDone: 0, filesSkipped: 0, bytesDone: 0 },
};

/** Time limit for two thousand sequential transactions. */
const LONG_MS = 120_000;

/** Beginning runs and assigning them. */
export function queue(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'have done nothing yet, and have no owner',
    using(async (stores) => {
      const sourceId = await makeSource(stores);
      const outcome = await stores.runs.begin(sourceId, 'schedule', T0);
      const nobodys = { owner: null, ownedUntil: null, cancelRequested: false, notBefore: null };
      const run = {
        ...{
          id: 1,
          sourceId,
          state: 'queued',
          reason: 'schedule',
          error: null,
          sessionName: null,
          sessions: null,
        },
        ...{ ...nobodys, waitingSince: null, createdAt: T0, startedAt: null, finishedAt: null },
        ...NONE_YET,
        ...{ totalMessages: null, limit: null, since: null, fileTypes: null },
        ...{ flowRunId: null, flowReported: true, flowLogsSent: 0, flowLogsDue: false },
      };
      expect(outcome).toEqual({ kind: 'begun', run });
      expect(await stores.runs.run(1)).toEqual(run);
    }),
  );

  it(
    'are limited to one per source, even with concurrent requests',
    using(async (stores) => {
      const [one = 0, other = 0] = await makeSources(stores, 2);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => stores.runs.begin(one, 'trigger', T0)),
      );
      const begun = outcomes.flatMap((outcome) => (outcome.kind === 'begun' ? outcome.run.id : []));
      expect(begun).toHaveLength(1);
      const running = outcomes.flatMap((outcome) => (outcome.kind === 'running' ? outcome.runId : []));
      expect(running).toEqual(Array(19).fill(begun[0]));
      await begin(stores, other);
      await stores.runs.cancel(begun[0] ?? 0, T0);
      await begin(stores, one);
      expect(await stores.runs.begin(99, 'trigger', T0)).toEqual({ kind: 'unknown' });
    }),
  );

  it(
    'are given out once each, longest waiting first',
    using(async (stores) => {
      const [a = 0, b = 0, c = 0] = await makeSources(stores, 3);
      await begin(stores, b, T0 + 1);
      await begin(stores, a, T0 + 2);
      await begin(stores, c, T0);
      const taken = [await take(stores), await take(stores), await take(stores), await take(stores)];
      expect(taken.map((run) => run?.sourceId)).toEqual([c, b, a, undefined]);
      const held = { state: 'running', owner: OWNER, ownedUntil: UNTIL, startedAt: T0 };
      expect(taken[0]).toMatchObject(held);
      expect(await stores.runs.run(taken[0]?.id ?? 0)).toEqual(taken[0]);
    }),
  );

  it(
    'are not given out beyond the maximum of concurrent runs',
    using(async (stores) => {
      for (const id of await makeSources(stores, 4)) await begin(stores, id);
      const first = await take(stores, { most: 2 });
      expect(await take(stores, { most: 2 })).not.toBeNull();
      expect(await take(stores, { most: 2 })).toBeNull();
      expect(await take(stores, { most: 2, owner: 'replica:2' })).toBeNull();
      await stores.runs.finish(first?.id ?? 0, OWNER, 'completed', null, T0);
      expect(await take(stores, { most: 2, owner: 'replica:2' })).not.toBeNull();
      expect(await take(stores, { most: 2 })).toBeNull();
    }),
  );

  it(
    'wait, once deferred, until their time, behind those that could continue earlier',
    using(async (stores) => {
      const [early = 0, late = 0] = await makeSources(stores, 2);
      const run = await begin(stores, early);
      await take(stores);
      await stores.runs.defer(run.id, OWNER, 'no session is free', T0 + 60 * SECOND);
      expect(await stores.runs.run(run.id)).toMatchObject({
        ...{ state: 'deferred', error: 'no session is free', notBefore: T0 + 60 * SECOND },
        ...{ owner: null, ownedUntil: null },
      });
      expect(await take(stores, { now: T0 + 60 * SECOND - 1 })).toBeNull();
      await begin(stores, late, T0 + 30 * SECOND);
      const now = T0 + 60 * SECOND;
      expect(await take(stores, { now })).toMatchObject({ sourceId: late });
      const again = { sourceId: early, error: null, notBefore: null, startedAt: T0 };
      expect(await take(stores, { now })).toMatchObject({ state: 'running', ...again });
    }),
  );

  it(
    'of a source are at most a thousand: the oldest are deleted, but not what they stored',
    using(async (stores) => {
      const [sourceId = 0, other = 0] = await makeSources(stores, 2);
      await runThrough(stores, other);
      const first = await begin(stores, sourceId);
      await take(stores);
      await stores.runs.store(first.id, OWNER, batch(1, 1, [file(1, 'a')]), T0);
      await stores.runs.finish(first.id, OWNER, 'completed', null, T0);
      for (let count = 1; count < 1_000; count += 1) await runThrough(stores, sourceId);
      expect(await stores.runs.run(first.id)).not.toBeNull();
      await runThrough(stores, sourceId);
      expect(await stores.runs.run(first.id)).toBeNull();
      expect(await stores.runs.runs(sourceId, { skip: 0, limit: 2_000 })).toHaveLength(1_000);
      expect(await stores.runs.runs(other, { skip: 0, limit: 2_000 })).toHaveLength(1);
      expect(await stores.runs.files(first.id, { skip: 0, limit: 9 })).toHaveLength(1);
    }),
    LONG_MS,
  );
}
