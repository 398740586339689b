import { expect, it } from '@jest/globals';
import {
  batch,
  begin,
  file,
  MANY,
  makeSource,
  makeSources,
  take,
  takeNew,
  UNTIL,
} from '../contracts/runs.js';
import { T0 } from '../contracts/stores.js';
import { describeWithServer } from './databases_postgres.js';
import { either, type Replicas, withReplicas } from './postgres_two.js';

const describe = await describeWithServer();

/** How often to race two operations: without a lock, one race in a few goes wrong. */
const ROUNDS = 20;

describe('runs of two replicas on one database', () => {
  it('go to one of 20 concurrent takers', () =>
    withReplicas(async (replicas) => {
      for (const id of await makeSources(replicas.one, 12)) await begin(replicas.one, id);
      const taken = (await takeAtOnce(replicas, 20, MANY)).flatMap((run) => run ?? []);
      expect(taken).toHaveLength(12);
      expect(new Set(taken.map(({ id }) => id)).size).toBe(12);
      for (const run of taken) expect(await replicas.one.runs.run(run.id)).toEqual(run);
    }));

  it('never exceed the maximum of concurrent runs between them', () =>
    withReplicas(async (replicas) => {
      const ids = await makeSources(replicas.one, 10);
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const id of ids) await replicas.one.runs.begin(id, 'trigger', T0);
        const taken = (await takeAtOnce(replicas, 20, 4)).flatMap((run) => run ?? []);
        expect(taken).toHaveLength(4);
        for (const { id, owner } of taken)
          await replicas.one.runs.finish(id, owner ?? '', 'completed', null, T0);
      }
    }));

  it('start once per source, whichever replica is asked', () =>
    withReplicas(async (replicas) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const id = await makeSource(replicas.one);
        const asked = Array.from({ length: 6 }, (_, index) =>
          either(replicas, index).runs.begin(id, 'trigger', T0),
        );
        const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind === 'begun')).toHaveLength(1);
        expect(kinds.filter((kind) => kind === 'running')).toHaveLength(5);
      }
    }));

  it('are taken over once ownership expires; what the old owner stores then is refused', () =>
    withReplicas(async ({ one, other }) => {
      const { id, sourceId } = await takeNew(one);
      await one.runs.store(id, 'replica:1', batch(10, 4, [file(3, 'a')]), T0);
      expect(await take(other, { owner: 'replica:2', now: UNTIL - 1 })).toBeNull();
      const taken = await take(other, { owner: 'replica:2', now: UNTIL });
      expect(taken).toMatchObject({ id, owner: 'replica:2', messagesRead: 4, startedAt: T0 });
      expect(await one.runs.renew(id, 'replica:1', UNTIL + 1)).toBeNull();
      expect(await one.runs.store(id, 'replica:1', batch(20, 4, [file(13, 'b')]), UNTIL)).toBe(false);
      expect(await other.runs.store(id, 'replica:2', batch(15, 2), UNTIL)).toBe(true);
      expect(await one.runs.checkpoint(sourceId)).toMatchObject({ lastMessageId: 15 });
      expect(await one.runs.files(id, { skip: 0, limit: 9 })).toHaveLength(1);
    }));

  it('are stored by one of them, even if the old owner stores while the new one takes over', () =>
    withReplicas(async ({ one, other }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { id, sourceId } = await takeNew(one);
        const [stored, taken] = await Promise.all([
          one.runs.store(id, 'replica:1', batch(10, 4), UNTIL),
          take(other, { owner: 'replica:2', now: UNTIL }),
        ]);
        // A run that was being stored is skipped, and available to the next request.
        const next = taken ?? (await take(other, { owner: 'replica:2', now: UNTIL }));
        expect(next).toMatchObject({ id, owner: 'replica:2', messagesRead: stored ? 4 : 0 });
        const { lastMessageId } = await one.runs.checkpoint(sourceId);
        expect(lastMessageId).toBe(stored ? 10 : 0);
        await other.runs.finish(id, 'replica:2', 'completed', null, UNTIL);
      }
    }));

  it('end, or are deleted with their source, while it is removed', () =>
    withReplicas(async ({ one, other }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { id, sourceId } = await takeNew(one);
        const [removed] = await Promise.all([
          other.sources.remove(sourceId),
          one.runs.store(id, 'replica:1', batch(10, 4, [file(3, 'a')]), T0),
          one.runs.log(id, [{ at: T0, level: 'info', message: 'ten are stored' }]),
          other.runs.cancel(id, T0),
          one.runs.finish(id, 'replica:1', 'completed', null, T0),
        ]);
        expect(removed).toMatchObject({ id: sourceId });
        expect(await one.runs.run(id)).toBeNull();
        expect(await one.runs.renew(id, 'replica:1', UNTIL)).toBeNull();
      }
    }));
});

function takeAtOnce(replicas: Replicas, many: number, most: number) {
  return Promise.all(
    Array.from({ length: many }, (_, index) =>
      take(either(replicas, index), { owner: `replica:${index % 2}`, most }),
    ),
  );
}
