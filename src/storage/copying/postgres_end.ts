import { randomInt } from 'node:crypto';
import type { Client } from 'pg';
import { POSTGRES_MIGRATIONS } from '../../kernel/project.js';
import { DatabaseRefused } from '../database.js';
import {
  type CommandConnection,
  commandOptions,
  connectForCommand,
  connectOne,
  disconnect,
} from '../postgres/connect.js';
import { appliedToPostgres, migrateDatabase } from '../postgres/migrating.js';
import { compareSchema, refuseOtherVersion } from '../schema_age.js';
import {
  COPIED_TABLES,
  type CopiedColumn,
  type CopiedTable,
  keyOf,
  quoted,
  type Row,
  rowRead,
  UNCOPIED_TABLES,
  valueWritten,
} from './copied_tables.js';
import { CopyFailed, type CopySource, type CopyTarget, ROWS_AT_ONCE, refuseOccupied } from './ends.js';

const COPIED = COPIED_TABLES.map(({ name }) => name);

/** Reads a table in the order of its primary key, within the connection's transaction. */
async function* read(client: Client, table: CopiedTable): AsyncGenerator<Row[]> {
  const cursor = `reading_${table.name}`;
  const order = table.key.map(({ name, kind }) => `"${name}"${kind === 'text' ? ' COLLATE "C"' : ''}`);
  await client.query(
    `DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT ${quoted(table.columns)} FROM ${table.name} ORDER BY ${order.join(', ')}`,
  );
  for (;;) {
    const fetch = { text: `FETCH ${ROWS_AT_ONCE} FROM ${cursor}`, rowMode: 'array' } as const;
    const { rows } = await client.query<unknown[]>(fetch);
    if (rows.length === 0) break;
    yield rows.map((row) => rowRead(table, row));
  }
  // A cursor that is abandoned ends with its transaction.
  await client.query(`CLOSE ${cursor}`);
}

/** Writes rows of a table. @throws CopyFailed if PostgreSQL can't store a value. */
async function write(client: Client, table: CopiedTable, rows: readonly Row[]): Promise<void> {
  const { name, columns } = table;
  const arrays = columns.map((column, at) => `$${at + 1}::${givenType(column)}[]`).join(', ');
  refuseNul(table, rows);
  await client.query({
    name: `copy_${name}`,
    text: `INSERT INTO ${name} (${quoted(columns)}) OVERRIDING SYSTEM VALUE
      SELECT ${columns.map(expression).join(', ')} FROM unnest(${arrays}) AS given(${quoted(columns)})`,
    values: columns.map(({ kind }, at) => rows.map((row) => valueWritten(kind, row[at]))),
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
export function openPostgresSource(url: string): Promise<CopySource> {
  return connected(url, async (connection) => {
    const { client, place } = connection;
    refuseOtherVersion(place, POSTGRES_MIGRATIONS, await appliedToPostgres(client));
    await refuseServices(connection);
    const mark = String(randomInt(2 ** 47));
    await client.query('SELECT pg_advisory_lock($1::bigint)', [mark]);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // Before the first read, which fixes the snapshot: a lease granted after it would be lost.
    await lockTables(connection, COPIED, 'SHARE');
    return {
      mark,
      rows: (table) => read(client, table),
      highestId: (table) => highestId(client, table),
      close: () => disconnect(client),
    };
  });
}

/**
 * Opens a snapshot of a database that services may be using, without delaying them.
 * @throws DatabaseRefused if it can't be reached, or has another version.
 */
export async function openPostgresSnapshot(url: string): Promise<CopySource> {
  // Not a service's name: a copy would mistake it for a running service.
  const { client, place } = await connectOne(
    { ...commandOptions(url), applicationName: 'telegate snapshot' },
    { query_timeout: 0 },
  );
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    refuseOtherVersion(place, POSTGRES_MIGRATIONS, await appliedToPostgres(client));
    return {
      mark: null,
      rows: (table) => read(client, table),
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

/**
 * Begins the single transaction of a copy, in a database whose tables are created if it has none. `mark`: the
 * source's. `replace`: whether the same transaction deletes the rows that are there.
 * @throws DatabaseRefused if it can't be reached, is the source itself, is in use, or has rows that are to stay.
 */
export function openPostgresTarget(url: string, mark: string | null, replace = false): Promise<CopyTarget> {
  return connected(url, async (connection) => {
    const { client, place } = connection;
    if (mark !== null) await refuseMarked(connection, mark);
    await refuseServices(connection);
    // Before the schema is changed, and again once no other connection can write.
    if (!replace) refuseOccupied(place, await occupied(client));
    await migrateDatabase(commandOptions(url), POSTGRES_MIGRATIONS);
    await client.query('BEGIN');
    await lockTables(connection, [...COPIED, ...UNCOPIED_TABLES], 'ACCESS EXCLUSIVE');
    if (!replace) refuseOccupied(place, await occupied(client));
    await client.query(`TRUNCATE ${[...UNCOPIED_TABLES, ...(replace ? COPIED : [])].join(', ')}`);
    return targetOver(client);
  });
}

/**
 * Checks a database that is to be the target of a copy, and changes nothing.
 * @throws DatabaseRefused if it can't be reached, is in use or, unless they are to be replaced, has rows.
 */
export async function checkPostgresTarget(url: string, replace: boolean): Promise<void> {
  const { client, place } = await connectForCommand(url);
  try {
    await refuseServices({ client, place });
    const applied = await appliedToPostgres(client);
    // Its rows would not fit, even into empty tables.
    if (compareSchema(POSTGRES_MIGRATIONS, applied) === 'newer')
      refuseOtherVersion(place, POSTGRES_MIGRATIONS, applied);
    if (!replace) refuseOccupied(place, await occupied(client));
  } finally {
    await disconnect(client);
  }
}

function targetOver(client: Client): CopyTarget {
  return {
    rows: (table) => read(client, table),
    insert: (table, rows) => write(client, table, rows),
    async continueFrom({ name }, highestId) {
      // Unlike setval, this is rolled back with the transaction.
      await client.query(`ALTER TABLE ${name} ALTER COLUMN id RESTART WITH ${highestId + 1}`);
    },
    async saveCounts(counts) {
      const text =
        'INSERT INTO counts (name, shard, n) SELECT name, 0, n FROM unnest($1::text[], $2::bigint[]) AS c(name, n)';
      await client.query(text, [[...counts.keys()], [...counts.values()]]);
      // So that a service that starts right away has good query plans.
      await client.query(`ANALYZE ${COPIED.join(', ')}`);
    },
    async keep() {
      await client.query('COMMIT');
      await disconnect(client);
    },
    // Its transaction is rolled back.
    undo: () => disconnect(client),
  };
}

/** What `work` makes of a connection, which is closed if that fails. */
async function connected<Result>(
  url: string,
  work: (connection: CommandConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await connectForCommand(url);
  try {
    return await work(connection);
  } catch (error) {
    await disconnect(connection.client);
    throw error;
  }
}

async function occupied(client: Client): Promise<string[]> {
  const found: string[] = [];
  for (const name of COPIED) {
    const query = 'SELECT to_regclass($1) IS NOT NULL AS known';
    const { rows } = await client.query<{ known: boolean }>(query, [name]);
    if (rows[0]?.known && (await client.query(`SELECT 1 FROM ${name} LIMIT 1`)).rowCount) found.push(name);
  }
  return found;
}

/** How long to wait for a table that others have locked, in milliseconds. */
const LOCK_TIMEOUT_MS = 5_000;

/** All connections of services have the same name as this one, whatever the URL says. */
const SERVICES = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
  AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()`;

/** Makes sure that no service uses the database. @throws DatabaseRefused. */
async function refuseServices({ client, place }: CommandConnection): Promise<void> {
  const { rows } = await client.query<{ n: number }>(SERVICES);
  if (rows[0]?.n === 0) return;
  throw new DatabaseRefused(
    `${place} is in use by TeleGate: stop all its replicas (and other copies of it) first. Nothing was changed.`,
  );
}

/** Makes sure that the database is not the source with this mark. @throws DatabaseRefused. */
async function refuseMarked({ client, place }: CommandConnection, mark: string): Promise<void> {
  const text = 'SELECT pg_try_advisory_lock($1::bigint) AS other';
  const { rows } = await client.query<{ other: boolean }>(text, [mark]);
  if (!rows[0]?.other) throw new DatabaseRefused(`${place} is the source of the copy itself.`);
}

/** Locks tables until the transaction ends. @throws DatabaseRefused if others hold them for too long. */
async function lockTables(
  { client, place }: CommandConnection,
  tables: readonly string[],
  mode: 'SHARE' | 'ACCESS EXCLUSIVE',
): Promise<void> {
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query(`LOCK TABLE ${tables.join(', ')} IN ${mode} MODE`);
    await client.query('SET LOCAL lock_timeout = 0');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DatabaseRefused(`${place} can't be locked exclusively: ${why}`, { cause: error });
  }
}
