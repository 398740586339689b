import type { ClientBase, Pool } from 'pg';

/** The time of the newest migration that the database has; null: none, so that it is not one of ours. */
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
