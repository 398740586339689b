import { randomInt } from 'node:crypto';
import type { Client } from 'pg';
import { POSTGRES_MIGRATIONS } from '../../project.js';
import { appliedToPostgres } from '../postgres/applied.js';
import { connectForCommand } from '../postgres/command_connection.js';
import { refuseOtherVersion } from '../schema_version.js';
import { COPIED_TABLES, type CopiedTable } from './copied_tables.js';
import type { CopySource } from './ends.js';
import { disconnect, lockTables, refuseServices } from './postgres_exclusion.js';
import { readPostgres } from './postgres_rows.js';

/**
 * Opens a database to be copied, and keeps services from writing to it.
 * @throws DatabaseRefused when it can't be reached, is in use, or is of another version.
 */
export async function openPostgresSource(url: string): Promise<CopySource> {
  const connection = await connectForCommand(url);
  const { client, place } = connection;
  try {
    refuseOtherVersion(place, POSTGRES_MIGRATIONS, await appliedToPostgres(client));
    await refuseServices(connection);
    const mark = String(randomInt(2 ** 47));
    await client.query('SELECT pg_advisory_lock($1::bigint)', [mark]);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // Before the first read, after which the transaction sees no changes: a lease granted now would be lost.
    const tables = COPIED_TABLES.map(({ name }) => name);
    await lockTables(connection, tables, 'SHARE');
    return {
      mark,
      rows: (table) => readPostgres(client, table),
      highestId: (table) => highestId(client, table),
      close: () => disconnect(client),
    };
  } catch (error) {
    await disconnect(client);
    throw error;
  }
}

async function highestId(client: Client, { name }: CopiedTable): Promise<number> {
  const found = await client.query<{ sequence: string }>(
    "SELECT pg_get_serial_sequence($1, 'id') AS sequence",
    [name],
  );
  const { rows } = await client.query<{ highest: number }>(
    `SELECT greatest((SELECT max(id) FROM ${name}),
      (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END
        FROM ${found.rows[0]?.sequence})) AS highest`,
  );
  return rows[0]?.highest ?? 0;
}
