import { POSTGRES_MIGRATIONS } from '../../project.js';
import { awaitedTimers } from '../../timers.js';
import type { Database } from '../database.js';
import { DatabaseRefused } from '../refused.js';
import { refuseOtherVersion } from '../schema_version.js';
import type { PostgresTarget } from '../target.js';
import { AccessTable } from './access_table.js';
import { appliedToPostgres } from './applied.js';
import { AuditTable } from './audit_table.js';
import { connect } from './connect.js';
import { inTransaction } from './in_transaction.js';
import { placeOf, reason } from './migrating.js';
import { Transactions } from './transaction.js';

/** How long a call may wait for a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Connects for a moment, beside the services that use the database, and leaves its schema as it is.
 * @throws DatabaseRefused when the server can't be reached, or the schema is not of this version.
 */
export async function openPostgresBeside(
  target: PostgresTarget,
): Promise<Pick<Database, 'access' | 'audit' | 'close'>> {
  const { url, statementTimeoutMs } = target;
  const place = `PostgreSQL at ${placeOf(url)}`;
  const connections = connect({
    ...{ url, statementTimeoutMs },
    connections: 1,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    // Not the name of a service: a copy would take it for one that is running.
    applicationName: 'telegate beside',
  });
  try {
    refuseOtherVersion(place, POSTGRES_MIGRATIONS, await appliedToPostgres(connections));
  } catch (error) {
    await connections.end();
    if (error instanceof DatabaseRefused) throw error;
    throw new DatabaseRefused(`${place} can't be used: ${reason(error)}`, { cause: error });
  }
  const transactions = new Transactions(connections, { random: Math.random, timers: awaitedTimers });
  const run = inTransaction(transactions);
  return { access: new AccessTable(run), audit: new AuditTable(run), close: () => connections.end() };
}
