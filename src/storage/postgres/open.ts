import type { Pool } from 'pg';
import { connect, type PostgresOptions } from './connect.js';
import { migrateDatabase } from './migrating.js';

/**
 * Connections to a database whose schema is up to date.
 * @throws DatabaseRefused when the server can't be reached, is too old, or refuses the migration.
 */
export async function openPool(options: PostgresOptions, migrations: string): Promise<Pool> {
  await migrateDatabase(options, migrations);
  return connect(options);
}
