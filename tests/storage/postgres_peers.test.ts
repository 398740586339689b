import { expect, it } from '@jest/globals';
import pg from 'pg';
import { channel, save } from '../contracts/known_peers.js';
import { peerStoreContract } from '../contracts/peer_store.js';
import { add, T0, wish } from '../contracts/stores.js';
import { until } from '../service/manual_time.js';
import { describeWithServer, makePostgresStores, optionsFor } from './databases_postgres.js';
import { withReplicas } from './postgres_two.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

describe('channels and resolves of sessions in PostgreSQL', () => peerStoreContract(makePostgresStores));

describe('a request for channels that waits for a locked session', () => {
  it('keeps none locked that may not resolve them, so that two of them never wait for each other', () =>
    withReplicas(async ({ one, other, name }) => {
      const { a = 0, b = 0 } = await add(one, 'a', 'b');
      const asked = { channels: ['@known', '@unknown'], resolvesPerDay: 2 };
      await save(one, a, [channel('known')]);
      for (const spent of ['@one', '@two'])
        await one.peers.takeResolve({ sessionId: a, leaseId: null }, spent, 2, T0);
      const locking = new pg.Client({ connectionString: optionsFor(name).url });
      await locking.connect();
      try {
        await locking.query('BEGIN');
        await locking.query('SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE', [b]);
        const waiting = other.pool.acquire(wish(asked), T0);
        const blocked =
          "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        await until(async () => (await onServer(blocked, optionsFor(name).url)).length === 1);
        await locking.query('SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE NOWAIT', [a]);
        await locking.query('COMMIT');
        expect(await waiting).toMatchObject({ kind: 'granted', lease: { sessionId: b } });
      } finally {
        await locking.end();
      }
    }));
});
