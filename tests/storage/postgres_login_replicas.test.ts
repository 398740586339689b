import { expect, it } from '@jest/globals';
import type { PendingLogin } from '../../src/logins/store.js';
import {
  asSession,
  begin,
  beginMany,
  beginReady,
  claim,
  EXPIRES,
  HOLDER,
  keyed,
  pending,
  UNTIL,
} from '../contracts/logins.js';
import { T0, tally } from '../contracts/stores.js';
import { describeWithServer, openPostgres } from './databases_postgres.js';
import { either, withReplicas } from './postgres_two.js';

const describe = await describeWithServer();

/** How often to race two operations: without a lock, one race in a few goes wrong. */
const ROUNDS = 30;

describe('logins of two replicas on one database', () => {
  it('are claimed by one of 20 concurrent requests', () =>
    withReplicas(async (replicas) => {
      const login = await begin(replicas.one);
      const asked = Array.from({ length: 20 }, (_, index) => claim(either(replicas, index), login));
      const outcomes = await Promise.all(asked);
      expect(outcomes.filter(({ kind }) => kind === 'claimed')).toEqual([{ kind: 'claimed', login }]);
      expect(outcomes.filter(({ kind }) => kind === 'busy')).toHaveLength(19);
    }));

  it('stay claimed when another replica starts, until they settle or the claim expires', () =>
    withReplicas(async ({ one, name }) => {
      const [settled, left] = [await begin(one), await begin(one)];
      await claim(one, settled);
      await claim(one, left);
      const third = await openPostgres(name, { connections: 2 });
      const asks = ({ id }: PendingLogin, now: number) => third.logins.claim(id, HOLDER, EXPIRES, now);
      try {
        expect(await asks(settled, T0)).toEqual({ kind: 'busy' });
        expect(await asks(left, UNTIL - 1)).toEqual({ kind: 'busy' });
        await one.logins.settle(settled.id, { stage: 'password' });
        expect(await asks(settled, T0)).toMatchObject({ login: { stage: 'password', inDoubt: false } });
        expect(await asks(left, UNTIL)).toMatchObject({ login: { inDoubt: true } });
      } finally {
        await third.close();
      }
    }));

  it('are at most a thousand between them', () =>
    withReplicas(async (replicas) => {
      await beginMany(replicas.one, 993);
      const added = Array.from({ length: 20 }, (_, index) =>
        either(replicas, index).logins.add(pending(), null, T0),
      );
      const kinds = (await Promise.all(added)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'added')).toHaveLength(7);
      expect(kinds.filter((kind) => kind === 'too_many')).toHaveLength(13);
    }));

  it.each(['name', 'phone number'])(
    'become one session if they want the same %s at the same moment',
    (shared) =>
      withReplicas(async (replicas) => {
        const { one, other } = replicas;
        for (let round = 0; round < ROUNDS; round += 1) {
          const saved = [one, other].map(async (stores, side) => {
            const word = `${round} ${side}`;
            const { id } = await beginReady(stores, word);
            const file =
              shared === 'name'
                ? keyed(`s${round}`, word)
                : keyed(`s${word}`, word, { phoneNumber: `+1555${round}` });
            return stores.logins.save(id, asSession(file), T0);
          });
          const kinds = (await Promise.all(saved)).map(({ kind }) => kind).sort();
          expect(kinds).toEqual([shared === 'name' ? 'name_taken' : 'phone_taken', 'saved'].sort());
        }
        expect(tally(await one.pool.counts(T0))).toEqual({ free: ROUNDS });
      }),
  );

  it('are saved once, even if both replicas save them at the same moment', () =>
    withReplicas(async ({ one, other }) => {
      const { id } = await beginReady(one, 'k');
      const saved = await Promise.all(
        [one, other, one, other].map(({ logins }) => logins.save(id, asSession(keyed('a', 'k')), T0)),
      );
      expect(new Set(saved.map((outcome) => outcome.kind === 'saved' && outcome.session.id)).size).toBe(1);
      expect(saved[0]).toMatchObject({ kind: 'saved' });
      expect(tally(await other.pool.counts(T0))).toEqual({ free: 1 });
    }));
});
