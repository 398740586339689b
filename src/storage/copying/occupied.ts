import Database from 'better-sqlite3';
import type { Client } from 'pg';
import { DatabaseRefused } from '../database.js';
import type { CommandConnection } from '../postgres/connect.js';
import { COPIED_TABLES, UNCOPIED_TABLES } from './copied_tables.js';

/** @throws DatabaseRefused if tables of the target have rows; it names them. */
export function refuseOccupied(place: string, tables: readonly string[]): void {
  if (tables.length === 0) return;
  throw new DatabaseRefused(
    `${place} is not empty: there are rows in ${tables.join(', ')}. Nothing was changed: a copy needs a new database.`,
  );
}

const TABLES = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name <> '__drizzle_migrations'`;

const COPIED = COPIED_TABLES.map(({ name }) => name);

/**
 * Makes sure that an existing file may be replaced.
 * @throws DatabaseRefused if one of its tables has rows, or if it is not a TeleGate database.
 */
export function refuseOccupiedFile(path: string): void {
  refuseOccupied(path, tablesWithRows(path));
}

function tablesWithRows(path: string): string[] {
  try {
    const sqlite = new Database(path, { fileMustExist: true });
    try {
      const found = new Set(sqlite.prepare<[], string>(TABLES).pluck().all());
      const other = [...found].find((name) => !COPIED.includes(name) && !UNCOPIED_TABLES.includes(name));
      if (other !== undefined) throw new Error(`it has a table ${other}`);
      return COPIED.filter(
        (name) => found.has(name) && sqlite.prepare(`SELECT 1 FROM "${name}" LIMIT 1`).get() !== undefined,
      );
    } finally {
      sqlite.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DatabaseRefused(`${path} already exists and is not a TeleGate database: ${why}.`);
  }
}

/** How long to wait for a table that others have locked, in milliseconds. */
const LOCK_TIMEOUT_MS = 5_000;

/** All connections of services have the same name as this one, whatever the URL says. */
const SERVICES = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
  AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()`;

/** Makes sure that no service uses the database. @throws DatabaseRefused. */
export async function refuseServices({ client, place }: CommandConnection): Promise<void> {
  const { rows } = await client.query<{ n: number }>(SERVICES);
  if (rows[0]?.n === 0) return;
  throw new DatabaseRefused(
    `${place} is in use by TeleGate: stop all its replicas (and other copies of it) first. Nothing was changed.`,
  );
}

/** Makes sure that the database is not the source with this mark. @throws DatabaseRefused. */
export async function refuseMarked({ client, place }: CommandConnection, mark: string): Promise<void> {
  const text = 'SELECT pg_try_advisory_lock($1::bigint) AS other';
  const { rows } = await client.query<{ other: boolean }>(text, [mark]);
  if (!rows[0]?.other) throw new DatabaseRefused(`${place} is the source of the copy itself.`);
}

/** Locks tables until the transaction ends. @throws DatabaseRefused if others hold them for too long. */
export async function lockTables(
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

/** Closes the connection in any state; its transaction is rolled back. */
export async function disconnect(client: Client): Promise<void> {
  await client.end().catch(() => undefined);
}
