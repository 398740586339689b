import pg from 'pg';
import { DatabaseRefused } from '../refused.js';
import { connectionConfig, type PostgresOptions } from './connect.js';
import { placeOf, reason } from './migrating.js';

/** How long a connection may take to come about, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A connection of the command line, on which a statement may take as long as it likes. */
export interface CommandConnection {
  readonly client: pg.Client;
  /** Server and database, without a secret. */
  readonly place: string;
}

/** How the command line connects when it does what a service would: under the name of one. */
export function commandOptions(url: string): PostgresOptions {
  return {
    url,
    connections: 1,
    statementTimeoutMs: 0,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    applicationName: 'telegate',
  };
}

/** Connects to the server. @throws DatabaseRefused. */
export async function connectForCommand(url: string): Promise<CommandConnection> {
  const place = `PostgreSQL at ${placeOf(url)}`;
  const client = new pg.Client({ ...connectionConfig(commandOptions(url)), query_timeout: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return { client, place };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new DatabaseRefused(`${place} can't be reached: ${reason(error)}`, { cause: error });
  }
}
