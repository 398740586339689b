import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { asSession, HOLDER, keyed, pending, UNTIL } from '../contracts/logins.js';
import { keyOf, put, T0, wish } from '../contracts/stores.js';
import { inDirectory, openAt } from './databases.js';

describe('logins in a reopened database file', () => {
  it('are unchanged: in doubt, with their auth key reserved, and not claimed any more', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      const login = pending({ stage: 'ready', authKeySha256: keyOf('k'), phoneNumber: '+1' });
      const before = await openAt(path);
      await before.logins.add(login, null, T0);
      await before.logins.claim(login.id, HOLDER, UNTIL, T0);
      await before.close();

      const after = await openAt(path);
      await after.intake.apply([put(keyed('a', 'k'))], T0);
      expect(await after.pool.acquire(wish(), T0)).toMatchObject({ kind: 'none' });
      expect(await after.logins.claim(login.id, HOLDER, UNTIL, T0)).toEqual({
        kind: 'claimed',
        login: { ...login, inDoubt: true },
      });
      await after.close();
    }));

  it('are saved with the file that was found in the meantime', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      const login = pending({ stage: 'ready', authKeySha256: keyOf('k'), sessionName: 'a' });
      const before = await openAt(path);
      await before.logins.add(login, null, T0);
      await before.close();

      const between = await openAt(path);
      await between.intake.apply([put(keyed('a', 'k'))], T0);
      const saved = await between.logins.save(login.id, asSession(keyed('a', 'k')), T0);
      expect(saved).toMatchObject({ kind: 'saved', session: { id: 1, state: 'free' } });
      await between.close();

      const after = await openAt(path);
      expect(await after.logins.login(login.id, HOLDER, T0)).toMatchObject({
        ...{ stage: 'saved', sessionId: 1, secret: '', authKeySha256: null },
      });
      expect(await after.logins.save(login.id, asSession(keyed('a', 'k')), T0)).toEqual(saved);
      await after.close();
    }));
});
