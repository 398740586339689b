import { expect, it } from '@jest/globals';
import { describeWithServer, dropDatabase, makeDatabase, openPostgres } from './databases_postgres.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

describe('a PostgreSQL server that is asked whether it accepts writes', () => {
  it('says yes, and no once it is read-only', async () => {
    const name = await makeDatabase();
    const database = await openPostgres(name);
    try {
      await database.probe();
      await onServer(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      // A setting of the database applies to new connections only.
      await onServer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
      );
      await expect(database.probe()).rejects.toMatchObject({
        detail: { error: 'storage_unavailable', message: 'the database is read-only for now' },
      });
    } finally {
      await database.close();
      await dropDatabase(name);
    }
  });
});
