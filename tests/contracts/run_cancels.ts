import { expect, it } from '@jest/globals';
import { answersToOwner, begin, MANY, makeSources, OWNER, REFUSED, take, takeNew, UNTIL } from './runs.js';
import { type MakeStores, SECOND, T0, usingStores } from './stores.js';

/** Cancelling runs. */
export function cancels(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'that are not executed end at once',
    using(async (stores) => {
      const [queued = 0, second = 0] = await makeSources(stores, 2);
      const first = await begin(stores, queued);
      expect(await stores.runs.cancel(first.id, T0 + 1)).toBe(true);
      const ended = { state: 'cancelled', finishedAt: T0 + 1, notBefore: null, owner: null };
      expect(await stores.runs.run(first.id)).toMatchObject(ended);
      expect(await stores.runs.cancel(first.id, T0 + 2)).toBe(false);
      expect(await stores.runs.cancel(99, T0)).toBeNull();

      const deferred = await begin(stores, second);
      await take(stores);
      await stores.runs.defer(deferred.id, OWNER, 'later', T0 + SECOND);
      expect(await stores.runs.cancel(deferred.id, T0 + 1)).toBe(true);
      expect(await stores.runs.run(deferred.id)).toMatchObject(ended);
      expect(await take(stores, { now: T0 + MANY * SECOND })).toBeNull();
    }),
  );

  it(
    'are announced to their owner, which ends them',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      expect(await stores.runs.cancel(id, T0)).toBe(true);
      expect(await stores.runs.run(id)).toMatchObject({ state: 'running', cancelRequested: true });
      expect(await stores.runs.renew(id, OWNER, UNTIL)).toEqual({ cancelRequested: true });
      expect(await stores.runs.finish(id, OWNER, 'cancelled', null, T0 + 1)).toBe(true);
      expect(await stores.runs.run(id)).toMatchObject({ state: 'cancelled', finishedAt: T0 + 1 });
    }),
  );

  it(
    'end at once when their ownership expires',
    using(async (stores) => {
      const { id } = await takeNew(stores);
      expect(await stores.runs.cancel(id, UNTIL)).toBe(true);
      expect(await stores.runs.run(id)).toMatchObject({ state: 'cancelled', finishedAt: UNTIL });
      expect(await answersToOwner(stores, id)).toEqual(REFUSED);
    }),
  );

  it(
    'are not given out again once released: they end, even if there is no room for others',
    using(async (stores) => {
      const run = await takeNew(stores);
      await stores.runs.cancel(run.id, T0);
      await stores.runs.defer(run.id, OWNER, 'later', T0 + 60 * SECOND);
      expect(await take(stores, { most: 0, now: T0 + 1 })).toBeNull();
      expect(await stores.runs.run(run.id)).toMatchObject({ state: 'cancelled', finishedAt: T0 + 1 });
    }),
  );
}
