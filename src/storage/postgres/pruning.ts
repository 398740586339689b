import { sql } from 'drizzle-orm';
import { prepared } from './prepared.js';
import type { Units } from './units.js';

const value = sql.placeholder;

const HISTORY = prepared(
  'prune history',
  sql`WITH gone AS (DELETE FROM history WHERE id IN (
      SELECT id FROM history WHERE id <= (SELECT max(id) FROM history) - ${value('keep')}::bigint
      ORDER BY id LIMIT ${value('limit')}) RETURNING 1)
    SELECT count(*) AS n FROM gone`,
);

const ANSWERS = prepared(
  'prune answers',
  sql`WITH gone AS (DELETE FROM idempotency_keys WHERE (holder, key) IN (
      SELECT holder, key FROM idempotency_keys WHERE created_at < ${value('before')}::bigint
      LIMIT ${value('limit')} FOR UPDATE SKIP LOCKED) RETURNING 1)
    SELECT count(*) AS n FROM gone`,
);

/** As `PoolStore.prune`. */
export async function prune(units: Units, keep: number, before: number, limit: number): Promise<number> {
  const [answers] = await units.statement<{ n: number }>(ANSWERS({ before, limit }));
  const [history] = await units.statement<{ n: number }>(HISTORY({ keep, limit }));
  return (answers?.n ?? 0) + (history?.n ?? 0);
}
