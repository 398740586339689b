import { type SQL, sql } from 'drizzle-orm';

/** More than connections of all replicas write at one moment. */
const SHARDS = 64;

/**
 * Adds `n` to the count `name` for each row of `source` (columns `name`, `n`), in the connection's own shard.
 * In the order of the names, so that two transactions never wait for each other.
 */
export function addToCounts(source: SQL): SQL {
  const shard = sql.raw(`(pg_backend_pid() % ${SHARDS})::smallint`);
  return sql`INSERT INTO counts AS kept (name, shard, n)
    SELECT added.name, ${shard}, sum(added.n)::bigint FROM (${source}) AS added(name, n)
    GROUP BY added.name HAVING sum(added.n) <> 0 ORDER BY added.name COLLATE "C"
    ON CONFLICT (name, shard) DO UPDATE SET n = kept.n + excluded.n`;
}
