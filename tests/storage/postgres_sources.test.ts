import { expect, it } from '@jest/globals';
import { sourceStoreContract } from '../contracts/source_store.js';
import { wantedSource } from '../contracts/sources.js';
import { add, idsOf, T0 } from '../contracts/stores.js';
import { describeWithServer, makePostgresStores } from './databases_postgres.js';
import { either, withReplicas } from './postgres_two.js';

const describe = await describeWithServer();

/** How often to race two operations: without a lock, one race in a few goes wrong. */
const ROUNDS = 30;

describe('sources in PostgreSQL', () => sourceStoreContract(makePostgresStores));

describe('a session that two replicas use', () => {
  it.each(['removed', 'gone'] as const)('is used by a source or %s, and never both', (how) =>
    withReplicas(async (replicas) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const name = `s${round}`;
        const [here, there] = [either(replicas, round), either(replicas, round + 1)];
        const id = Number((await add(here, name))[name]);
        const dropping = () =>
          how === 'removed'
            ? there.sessions.remove(id, null, T0)
            : there.intake.apply([{ kind: 'gone', name }], T0);
        const [made] = await Promise.all([
          here.sources.create(wantedSource({ sessionId: id }), null, T0),
          dropping(),
        ]);
        const isThere = (await idsOf(there))[name] === id;
        expect([made.kind, isThere]).toEqual(isThere ? ['done', true] : ['unknown_session', false]);
      }
    }),
  );
});
