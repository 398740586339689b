import { expect, it } from '@jest/globals';
import type { PendingLogin } from '../../src/logins/store.js';
import { beginReady, keyed, pending } from '../contracts/logins.js';
import { keyOf, put, statesOf, T0, tally, wish } from '../contracts/stores.js';
import { describeWithServer } from './databases_postgres.js';
import { either, withReplicas } from './postgres_two.js';

const describe = await describeWithServer();

/** How often to race two operations: without a lock, one race in a few goes wrong. */
const ROUNDS = 30;

/** A login that has an auth key, identified by a word. */
const ready = (word: string, over: Partial<PendingLogin> = {}) =>
  pending({ stage: 'ready', authKeySha256: keyOf(word), ...over });

describe('an auth key of a login, on two replicas', () => {
  it('belongs to one login, even if several start with it at the same moment', () =>
    withReplicas(async (replicas) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const added = Array.from({ length: 4 }, (_, index) =>
          either(replicas, index).logins.add(ready(`key ${round}`), null, T0),
        );
        const kinds = (await Promise.all(added)).map(({ kind }) => kind).sort();
        expect(kinds).toEqual(['added', 'auth_key_taken', 'auth_key_taken', 'auth_key_taken']);
      }
    }));

  it('is never used while a worker may get a file with it, even if both appear at the same moment', () =>
    withReplicas(async (replicas) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const word = `key ${round}`;
        const [login, file] = [either(replicas, round), either(replicas, round + 1)];
        const [outcome] = await Promise.all([
          login.logins.add(ready(word), null, T0),
          file.intake.apply([put(keyed(word, word))], T0),
        ]);
        const state = (await statesOf(login))[word];
        const first = outcome.kind === 'added' ? 'login' : 'file';
        expect([first, state]).toEqual([first, first === 'login' ? 'duplicate' : 'free']);
      }
    }));

  it('reserves the session of its own name, unless a worker got it first', () =>
    withReplicas(async (replicas) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const word = `key ${round}`;
        const [login, worker] = [either(replicas, round), either(replicas, round + 1)];
        await worker.intake.apply([put(keyed(word, word))], T0);
        const acquire = async () => {
          // A little later each time, so that it falls between any two statements of the other.
          for (let asked = 0; asked < round % 10; asked += 1) await worker.intake.lastDevice('');
          return worker.pool.acquire(wish({ sessionName: word }), T0);
        };
        const begun = ready(word, { sessionName: word });
        const [added, acquired] = await Promise.all([login.logins.add(begun, null, T0), acquire()]);
        expect([added.kind, acquired.kind]).toEqual(
          added.kind === 'added' ? ['added', 'none'] : ['auth_key_taken', 'granted'],
        );
      }
    }));

  it('belongs to a file once the login is cancelled, even if the file is found at that moment', () =>
    withReplicas(async (replicas) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const word = `key ${round}`;
        const { id } = await beginReady(replicas.one, word);
        await Promise.all([
          either(replicas, round).logins.remove(id, T0),
          either(replicas, round + 1).intake.apply([put(keyed(word, word))], T0),
        ]);
      }
      expect(tally(await replicas.one.pool.counts(T0))).toEqual({ free: ROUNDS });
    }));
});
