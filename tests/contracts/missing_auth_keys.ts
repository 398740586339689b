import { expect, it } from '@jest/globals';
import { addSource } from './sources.js';
import {
  by,
  found,
  keyOf,
  lease,
  type MakeStores,
  put,
  type Stores,
  statesOf,
  T0,
  usingStores,
} from './stores.js';

const gone = (name: string) => ({ kind: 'gone', name }) as const;
const keyed = (name: string) => put(found(name, { authKeySha256: keyOf('k') }));

/** Several files with one auth key, some of them missing while sources refer to their sessions. */
export function sharedKeys(make: MakeStores): void {
  const using = usingStores(make);

  /** Two files with one auth key, each with a source; the states after files are removed (-) or added (+). */
  const after = async (stores: Stores, ...looks: readonly string[]) => {
    await stores.intake.apply([keyed('a'), keyed('copy')], T0);
    for (const sessionId of [1, 2]) await addSource(stores, { sessionId });
    for (const look of looks) {
      const name = look.slice(1);
      await stores.intake.apply([look.startsWith('-') ? gone(name) : keyed(name)], T0);
    }
    return statesOf(stores);
  };

  it.each([
    [['-a'], { a: 'missing', copy: 'free' }],
    [['-a', '+a'], { a: 'duplicate', copy: 'free' }],
    [['-copy'], { a: 'free', copy: 'missing' }],
    [['-copy', '+copy'], { a: 'free', copy: 'duplicate' }],
    [['-copy', '-a', '+copy'], { a: 'missing', copy: 'free' }],
    [['-copy', '-a', '+copy', '+a'], { a: 'duplicate', copy: 'free' }],
    [['-copy', '-a', '+a', '+copy'], { a: 'free', copy: 'duplicate' }],
    [['-a', '+c'], { a: 'missing', copy: 'free', c: 'duplicate' }],
    [['-a', '-copy', '+c', '+a'], { a: 'duplicate', copy: 'missing', c: 'free' }],
  ])('with one auth key are leasable one at a time, whichever is missing: %j', (looks, states) =>
    using(async (stores) => expect(await after(stores, ...looks)).toEqual(states))(),
  );

  it(
    'yield to the session that has their key, even if an admin invalidated and restored them meanwhile',
    using(async (stores) => {
      await after(stores, '-a');
      await stores.pool.block(1, by({ admin: true }), { kind: 'invalidate', reason: null }, T0);
      await stores.intake.apply([keyed('a')], T0);
      await stores.pool.restore(1, T0);
      expect(await statesOf(stores)).toEqual({ a: 'duplicate', copy: 'free' });
    }),
  );

  it(
    'keep their auth key while a worker uses it, and then pass it on, although they stay',
    using(async (stores) => {
      await stores.intake.apply([keyed('a'), keyed('copy')], T0);
      await addSource(stores, { sessionId: 1 });
      const { leaseId } = await lease(stores);
      await stores.intake.apply([gone('a')], T0);
      expect(await statesOf(stores)).toEqual({ a: 'leased', copy: 'duplicate' });
      await stores.pool.release(1, by({ leaseId }), null, T0);
      await stores.intake.apply([gone('a')], T0);
      expect(await statesOf(stores)).toEqual({ a: 'missing', copy: 'free' });
    }),
  );
}
