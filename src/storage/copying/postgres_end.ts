import { randomInt } from 'node:crypto';
import type { Client } from 'pg';
import { POSTGRES_MIGRATIONS } from '../../kernel/project.js';
import { refuseOtherVersion } from '../migrate.js';
import { commandOptions, connectForCommand } from '../postgres/connect.js';
import { appliedToPostgres, migrateDatabase } from '../postgres/migrating.js';
import {
  COPIED_TABLES,
  type CopiedColumn,
  type CopiedTable,
  type Kind,
  keyOf,
  type Row,
  UNCOPIED_TABLES,
  type Value,
} from './copied_tables.js';
import { CopyFailed, type CopySource, type CopyTarget } from './ends.js';
import { disconnect, lockTables, refuseMarked, refuseOccupied, refuseServices } from './occupied.js';

/** How many rows are read at a time, so that memory stays small however long the table is. */
const ROWS_AT_ONCE = 2_000;

/** Reads a table in the order of its primary key, within the connection's transaction. */
export async function* readPostgres(client: Client, table: CopiedTable): AsyncGenerator<Row[]> {
  const cursor = `reading_${table.name}`;
  const columns = table.columns.map(({ name }) => `"${name}"`).join(', ');
  const order = table.key.map(({ name, kind }) => `"${name}"${kind === 'text' ? ' COLLATE "C"' : ''}`);
  await client.query(
    `DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT ${columns} FROM ${table.name} ORDER BY ${order.join(', ')}`,
  );
  const kinds = table.columns.map(({ kind }) => kind);
  for (;;) {
    const fetch = { text: `FETCH ${ROWS_AT_ONCE} FROM ${cursor}`, rowMode: 'array' } as const;
    const { rows } = await client.query<unknown[]>(fetch);
    if (rows.length === 0) break;
    yield rows.map((row) => kinds.map((kind, at) => fromPostgres(kind, row[at])));
  }
  // A cursor that is abandoned ends with its transaction.
  await client.query(`CLOSE ${cursor}`);
}

/** Writes rows of a table. @throws CopyFailed if PostgreSQL can't store a value. */
export async function writePostgres(client: Client, table: CopiedTable, rows: readonly Row[]): Promise<void> {
  const { name, columns } = table;
  const names = columns.map((column) => `"${column.name}"`).join(', ');
  const arrays = columns.map((column, at) => `$${at + 1}::${givenType(column)}[]`).join(', ');
  const values = columns.map(({ kind }, at) => rows.map((row) => toPostgres(kind, row[at] ?? null)));
  refuseNul(table, rows);
  await client.query({
    name: `copy_${name}`,
    text: `INSERT INTO ${name} (${names}) OVERRIDING SYSTEM VALUE
      SELECT ${columns.map(expression).join(', ')} FROM unnest(${arrays}) AS given(${names})`,
    values,
  });
}

/** The type in which a value is sent to the server: `unnest` would flatten lists of lists. */
function givenType({ kind, type }: CopiedColumn): string {
  return kind === 'list' ? 'text' : type;
}

function expression({ kind, name }: CopiedColumn): string {
  if (kind !== 'list') return `"${name}"`;
  // A missing list would become an empty array.
  return `CASE WHEN "${name}" IS NOT NULL THEN ARRAY(SELECT json_array_elements_text("${name}"::json)) END`;
}

function fromPostgres(kind: Kind, value: unknown): Value {
  if (value === null) return null;
  if (kind === 'boolean') return Number(value);
  if (kind === 'bytes' && Buffer.isBuffer(value)) return value.toString('hex');
  return kind === 'list' ? JSON.stringify(value) : (value as Value);
}

function toPostgres(kind: Kind, value: Value): Value | boolean | Buffer {
  if (value === null) return null;
  if (kind === 'boolean') return value !== 0;
  return kind === 'bytes' ? Buffer.from(String(value), 'hex') : value;
}

function refuseNul(table: CopiedTable, rows: readonly Row[]): void {
  for (const row of rows) {
    const at = row.findIndex((value) => typeof value === 'string' && value.includes('\0'));
    if (at === -1) continue;
    const where = `${table.name}, ${keyOf(table, row)}: ${table.columns[at]?.name}`;
    throw new CopyFailed(`${where} contains a NUL character, which PostgreSQL can't store.`);
  }
}

/**
 * Opens the source database, and keeps services from writing to it.
 * @throws DatabaseRefused if it can't be reached, is in use, or has another version.
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
    // Before the first read, which fixes the snapshot: a lease granted after it would be lost.
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

const COPIED = COPIED_TABLES.map(({ name }) => name);

/**
 * Begins the single transaction of a copy, in a database whose tables are created if it has none. `mark`: the
 * source's.
 * @throws DatabaseRefused if it can't be reached, is the source itself, is in use, or has rows.
 */
export async function openPostgresTarget(url: string, mark: string | null): Promise<CopyTarget> {
  const connection = await connectForCommand(url);
  const { client, place } = connection;
  try {
    if (mark !== null) await refuseMarked(connection, mark);
    await refuseServices(connection);
    // Before the schema is changed, and again once no other connection can write.
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
    // Unlike setval, this is rolled back with the transaction.
    await this.#client.query(`ALTER TABLE ${name} ALTER COLUMN id RESTART WITH ${highestId + 1}`);
  }

  async saveCounts(counts: ReadonlyMap<string, number>): Promise<void> {
    const text =
      'INSERT INTO counts (name, shard, n) SELECT name, 0, n FROM unnest($1::text[], $2::bigint[]) AS c(name, n)';
    await this.#client.query(text, [[...counts.keys()], [...counts.values()]]);
  }

  async settle(): Promise<void> {
    // So that a service that starts right away has good query plans.
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
