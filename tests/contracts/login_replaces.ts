import { expect, it } from '@jest/globals';
import type { Block } from '../../src/pool/store.js';
import { asSession, beginReady, keyed } from './logins.js';
import {
  by,
  lease,
  type MakeStores,
  nameFor,
  put,
  SECOND,
  type Stores,
  statesOf,
  T0,
  usingStores,
} from './stores.js';

const PHONE = '+15551234567';
const LATER = T0 + SECOND;
const DEAD: Block = { kind: 'dead', reason: 'SESSION_REVOKED' };

/** A session `a` with the key `o`, and what then blocked it; logged in again with the key `n`. */
async function logInAnew(stores: Stores, block: Block | null, meanwhile?: () => Promise<unknown>) {
  const proxyId = await stores.access.addProxy({ type: 'http', host: 'h', port: 1, user: null, pass: null });
  const before = keyed('a', 'o', { phoneNumber: PHONE, userId: '7', apiId: 4 });
  await stores.intake.apply([put(before, null, proxyId), put(keyed('copy', 'o'))], T0);
  await stores.sessions.edit(1, { tags: ['x'] }, T0);
  if (block) await stores.pool.block(1, by({ admin: true }), block, T0);
  const { id } = await beginReady(stores, 'n');
  await meanwhile?.();
  const file = keyed('a', 'n', { phoneNumber: PHONE, userId: '7', apiId: 5 });
  const outcome = await stores.logins.save(id, asSession(file, { replaces: 1, apiHash: 'sealed' }), LATER);
  return { proxyId, outcome };
}

/** Sessions that Telegram revoked and that are logged in again. */
export function replacing(make: MakeStores): void {
  const using = usingStores(make);

  it(
    'bring a dead session back with its id, tags and proxy',
    using(async (stores) => {
      const { proxyId, outcome } = await logInAnew(stores, DEAD);
      expect(outcome).toMatchObject({
        kind: 'saved',
        session: {
          ...{ id: 1, state: 'free', stateReason: null, tags: ['x'], proxyId, apiId: 5, apiHash: 'sealed' },
          ...{ createdAt: T0, lastCheckedAt: LATER },
        },
      });
      expect(await nameFor(stores, { tags: ['x'] })).toBe('a');
    }),
  );

  it(
    'leave copies of the old file dead',
    using(async (stores) => {
      await logInAnew(stores, DEAD);
      expect(await statesOf(stores)).toEqual({ a: 'free', copy: 'dead' });
    }),
  );

  it(
    'also bring a session back when the new file was found before it was saved',
    using(async (stores) => {
      const seen = () => stores.intake.apply([put(keyed('a', 'n'))], T0);
      const { proxyId, outcome } = await logInAnew(stores, DEAD, seen);
      expect(outcome).toMatchObject({ session: { id: 1, state: 'free', proxyId, userId: '7' } });
      expect(await statesOf(stores)).toMatchObject({ a: 'free' });
    }),
  );

  it(
    'bring an invalidated session back',
    using(async (stores) => {
      const { outcome } = await logInAnew(stores, { kind: 'invalidate', reason: null });
      expect(outcome).toMatchObject({ session: { state: 'free' } });
    }),
  );

  it(
    'keep the wait of a flooded session',
    using(async (stores) => {
      const { outcome } = await logInAnew(stores, { kind: 'flood', seconds: 9, method: null });
      expect(outcome).toMatchObject({ session: { state: 'flood', stateUntil: T0 + 9 * SECOND } });
      expect(await nameFor(stores, { sessionName: 'a' }, T0 + 9 * SECOND)).toBe('a');
    }),
  );

  it(
    'are refused while a worker holds the session',
    using(async (stores) => {
      let leaseId = '';
      const { outcome } = await logInAnew(stores, null, async () => {
        ({ leaseId } = await lease(stores, { sessionName: 'a' }));
      });
      expect(outcome).toEqual({ kind: 'in_use' });
      expect(await stores.pool.renew(1, by({ leaseId }), null, T0)).toMatchObject({ kind: 'renewed' });
      expect(await stores.sessions.session(1)).toMatchObject({ state: 'leased', baseState: 'free' });
    }),
  );

  it(
    'are refused while the last worker of the session may still be connected',
    using(async (stores) => {
      const { outcome } = await logInAnew(stores, null, async () => {
        const { leaseId } = await lease(stores, { sessionName: 'a', ttlSeconds: 1 });
        await stores.pool.renew(1, by({ leaseId }), null, T0);
        await stores.pool.counts(LATER);
      });
      expect(outcome).toEqual({ kind: 'in_use' });
      expect(await statesOf(stores)).toEqual({ a: 'cooldown', copy: 'duplicate' });
    }),
  );

  it(
    'create a new session if the old one was removed meanwhile',
    using(async (stores) => {
      const { outcome } = await logInAnew(stores, DEAD, () => stores.sessions.remove(1, null, T0));
      expect(outcome).toMatchObject({ kind: 'saved', session: { name: 'a', state: 'free', tags: [] } });
    }),
  );
}
