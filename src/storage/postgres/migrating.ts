import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type { ClientBase, Pool } from 'pg';
import { DatabaseRefused } from '../database.js';
import { refuseNewerVersion } from '../schema_age.js';
import { connectOne, disconnect, type PostgresOptions, placeOf, reason } from './connect.js';

/** The oldest supported server, as `server_version_num`. */
const OLDEST_VERSION = 130_000;

/** "telegate" in ASCII: the lock under which one service at a time migrates a database. */
const MIGRATING = '8387794209018475621';

/**
 * Upgrades the schema; services that start at the same time do so one after the other.
 * @throws DatabaseRefused if the server can't be reached, is too old, or rejects the migration, or if the database
 * belongs to a newer version.
 */
export async function migrateDatabase(options: PostgresOptions, migrations: string): Promise<void> {
  // A migration, and waiting for another one, may take longer than the service's statements ever should.
  const patience = { statement_timeout: 0, idle_in_transaction_session_timeout: 0, query_timeout: 0 };
  const { client, place } = await connectOne(options, patience);
  try {
    await checkVersion(client, placeOf(options.url));
    // Held by the connection, so that it ends with the process whatever happens.
    await client.query('SELECT pg_advisory_lock($1::bigint)', [MIGRATING]);
    refuseNewerVersion(place, migrations, await appliedToPostgres(client));
    await migrate(drizzle(client), { migrationsFolder: migrations });
  } catch (error) {
    if (error instanceof DatabaseRefused) throw error;
    throw new DatabaseRefused(`${place} can't be upgraded: ${reason(error)}`, { cause: error });
  } finally {
    await disconnect(client);
  }
}

/** @throws DatabaseRefused if the server is too old. */
export function refuseOldVersion(version: number, place: string): void {
  if (version >= OLDEST_VERSION) return;
  const major = Math.floor(version / 10_000);
  throw new DatabaseRefused(
    `PostgreSQL at ${place} is version ${major}: TeleGate needs ${OLDEST_VERSION / 10_000} or newer.`,
  );
}

async function checkVersion(client: ClientBase, place: string): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  refuseOldVersion(rows[0]?.version ?? 0, place);
}

/** The time of the newest migration that the database has; null: none, so it is not a TeleGate database. */
export async function appliedToPostgres(connection: ClientBase | Pool): Promise<number | null> {
  const known = await connection.query<{ known: boolean }>(
    "SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS known",
  );
  if (!known.rows[0]?.known) return null;
  const { rows } = await connection.query<{ applied: number | null }>(
    'SELECT max(created_at) AS applied FROM drizzle.__drizzle_migrations',
  );
  return rows[0]?.applied ?? null;
}
