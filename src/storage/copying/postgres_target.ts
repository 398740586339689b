import type { Client } from 'pg';
import { POSTGRES_MIGRATIONS } from '../../project.js';
import { commandOptions, connectForCommand } from '../postgres/command_connection.js';
import { migrateDatabase } from '../postgres/migrating.js';
import { COPIED_TABLES, type CopiedTable, type Row, UNCOPIED_TABLES } from './copied_tables.js';
import type { CopyTarget } from './ends.js';
import { refuseOccupied } from './occupied.js';
import { disconnect, lockTables, refuseMarked, refuseServices } from './postgres_exclusion.js';
import { readPostgres, writePostgres } from './postgres_rows.js';

const COPIED = COPIED_TABLES.map(({ name }) => name);

/**
 * Begins the one transaction of a copy, in a database whose tables are made if it has none. `mark`: the source's.
 * @throws DatabaseRefused when it can't be reached, is the source itself, is in use, or has rows.
 */
export async function openPostgresTarget(url: string, mark: string | null): Promise<CopyTarget> {
  const connection = await connectForCommand(url);
  const { client, place } = connection;
  try {
    if (mark !== null) await refuseMarked(connection, mark);
    await refuseServices(connection);
    // Before the schema is touched; and again once nobody else can write.
    refuseOccupied(place, await occupied(client));
    await migrateDatabase(commandOptions(url), POSTGRES_MIGRATIONS);
    await client.query('BEGIN');
    await lockTables(connection, [...COPIED, ...UNCOPIED_TABLES], 'ACCESS EXCLUSIVE');
    refuseOccupied(place, await occupied(client));
    await client.query(`TRUNCATE ${UNCOPIED_TABLES.join(', ')}`);
    return new PostgresTarget(client);
  } catch (error) {
    await disconnect(client);
    throw error;
  }
}

class PostgresTarget implements CopyTarget {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  insert(table: CopiedTable, rows: readonly Row[]): Promise<void> {
    return writePostgres(this.#client, table, rows);
  }

  async continueFrom({ name }: CopiedTable, highestId: number): Promise<void> {
    // Unlike setval, this is undone with the transaction.
    await this.#client.query(`ALTER TABLE ${name} ALTER COLUMN id RESTART WITH ${highestId + 1}`);
  }

  async saveCounts(counts: ReadonlyMap<string, number>): Promise<void> {
    const text =
      'INSERT INTO counts (name, shard, n) SELECT name, 0, n FROM unnest($1::text[], $2::bigint[]) AS c(name, n)';
    await this.#client.query(text, [[...counts.keys()], [...counts.values()]]);
  }

  async settle(): Promise<void> {
    // A service that starts at once finds its way as well as one that has run for long.
    await this.#client.query(`ANALYZE ${COPIED.join(', ')}`);
  }

  rows(table: CopiedTable): AsyncIterable<readonly Row[]> {
    return readPostgres(this.#client, table);
  }

  async keep(): Promise<void> {
    await this.#client.query('COMMIT');
    await disconnect(this.#client);
  }

  undo(): Promise<void> {
    return disconnect(this.#client);
  }
}

async function occupied(client: Client): Promise<string[]> {
  const found: string[] = [];
  for (const name of COPIED) {
    const known = await client.query<{ known: boolean }>('SELECT to_regclass($1) IS NOT NULL AS known', [
      name,
    ]);
    if (!known.rows[0]?.known) continue;
    const { rowCount } = await client.query(`SELECT 1 FROM ${name} LIMIT 1`);
    if (rowCount) found.push(name);
  }
  return found;
}
