import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { accessStoreContract } from '../contracts/access_store.js';
import { intakeStoreContract } from '../contracts/intake_store.js';
import { loginStoreContract } from '../contracts/login_store.js';
import { sessionStoreContract } from '../contracts/session_store.js';
import { sourceStoreContract } from '../contracts/source_store.js';
import { add, by, found, lease, put, T0, tally, usingStores, wish } from '../contracts/stores.js';
import { until } from '../service/manual_time.js';
import { inDirectory, makeSqliteStores, openAt, startLessee } from './databases.js';

describe('session files in SQLite', () => intakeStoreContract(makeSqliteStores));
describe('access in SQLite', () => accessStoreContract(makeSqliteStores));
describe('sessions in SQLite', () => sessionStoreContract(makeSqliteStores));
describe('logins in SQLite', () => loginStoreContract(makeSqliteStores));
describe('sources in SQLite', () => sourceStoreContract(makeSqliteStores));

const using = usingStores(makeSqliteStores);

describe('concurrent calls', () => {
  it(
    'share a transaction, in which a failing call does not affect the rest',
    using(async (stores) => {
      await add(stores, 'a', 'b');
      const broken = { ...found('c'), name: null as unknown as string };
      const outcomes = await Promise.allSettled([
        stores.pool.acquire(wish({ leaseId: 'L1' }), T0),
        stores.intake.apply([put(found('d')), put(broken)], T0),
        stores.pool.acquire(wish({ leaseId: 'L2' }), T0),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(tally(await stores.pool.counts(T0))).toEqual({ leased: 2 });
      const leases = await stores.pool.leases({ skip: 0, limit: 9 }, T0);
      expect(leases.map(({ leaseId }) => leaseId).sort()).toEqual(['L1', 'L2']);
    }),
  );

  it(
    'that fail leave nothing behind: no row, no count, no event, no freed session',
    using(async (stores) => {
      const events: string[] = [];
      let freed = 0;
      stores.onHappened((notices) => events.push(...notices.map(({ event }) => event)));
      stores.onFreed((count) => {
        freed += count;
      });
      const broken = { ...found('c'), name: null as unknown as string };
      await expect(stores.intake.apply([put(found('d')), put(broken)], T0)).rejects.toThrow();
      expect(await stores.intake.total()).toBe(0);
      expect((await stores.pool.counts(T0)).total).toBe(0);
      expect(events).toEqual([]);
      expect(freed).toBe(0);
    }),
  );
});

describe('a database file', () => {
  it('is unchanged when it is reopened', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      const before = await openAt(path);
      await before.intake.apply([put(found('a')), put(found('b')), put(found('c'))], T0);
      const { leaseId } = await lease(
        { ...before, ...signals(), close: () => before.close() },
        { idempotencyKey: 'k' },
      );
      await before.pool.block(2, by({ admin: true }), { kind: 'flood', seconds: 60, method: null }, T0);
      await before.pool.block(3, by({ admin: true }), { kind: 'flood', seconds: 90, method: 'm' }, T0);
      const counts = await before.pool.counts(T0);
      await before.close();

      const after = await openAt(path);
      expect(await after.pool.counts(T0)).toEqual(counts);
      expect(await after.pool.renew(1, by({ leaseId }), null, T0)).toMatchObject({ kind: 'renewed' });
      expect(await after.pool.acquire(wish({ idempotencyKey: 'k' }), T0)).toMatchObject({
        lease: { leaseId },
      });
      expect(await after.pool.acquire(wish({ method: 'm' }), T0)).toMatchObject({ kind: 'none' });
      await after.close();
    }));

  it('finishes the calls made before it was closed, and rejects those made after', () =>
    inDirectory(async (directory) => {
      const database = await openAt(join(directory, 'telegate.db'));
      const saved = Array.from({ length: 200 }, (_, index) => database.access.saveValue(`f${index}`, 'x'));
      const closed = database.close();
      await Promise.all(saved);
      await closed;
      await expect(database.access.value('f1')).rejects.toMatchObject({ name: 'Unavailable' });
      await database.close();
    }));

  it('is refused to a second process, by name and with advice, as long as the first one lives', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      const database = await openAt(path);
      const second = startLessee(path);
      expect(await second.ended).toBe(1);
      expect(second.said).toHaveLength(1);
      expect(second.said[0]).toContain(`${path} is in use by another TeleGate`);
      await expect(openAt(path)).rejects.toThrow('in use by another TeleGate');
      await database.access.saveValue('still', 'works');
      await database.close();
      await (await openAt(path)).close();
    }));

  it('has every lease that was answered before its process was killed', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      const lessee = startLessee(path);
      await until(() => lessee.said.length > 100);
      lessee.process.kill('SIGKILL');
      expect(await lessee.ended).toBe('SIGKILL');

      const database = await openAt(path);
      const kept = await database.pool.leases({ skip: 0, limit: 5000 }, T0);
      const known = new Set(kept.map(({ sessionId, leaseId }) => `${sessionId} ${leaseId}`));
      expect(lessee.said.filter((line) => !known.has(line))).toEqual([]);
      const { states, total } = await database.pool.counts(T0);
      expect(states.leased).toBe(kept.length);
      expect(total).toBe(5000);
      await database.close();
    }));
});

function signals() {
  return { onFreed: () => undefined, onHappened: () => undefined, nextDeadline: () => null };
}
