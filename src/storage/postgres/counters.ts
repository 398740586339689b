import { type SQL, sql } from 'drizzle-orm';
import type { QueryConfig, QueryResultRow } from 'pg';
import { type CountScope, namesSessions, type PoolCounts } from '../../pool/store.js';
import { MAX_METHOD_FLOODS_SCANNED } from '../bounds.js';
import { COUNTED, type CountRow, POOL_COUNTERS, poolCounts } from '../pool_counts.js';
import { prepared } from './prepared.js';

/** Runs a statement that changes nothing. */
interface Reads {
  read<Row extends QueryResultRow>(query: QueryConfig): Promise<Row[]>;
}

const value = sql.placeholder;
const scanned = sql.raw(String(MAX_METHOD_FLOODS_SCANNED));
const before = sql.raw(String(MAX_METHOD_FLOODS_SCANNED - 1));

/** When the first free session among the floods of `which` can be leased, unless something `later` blocks it. */
function nextMethodFloodEnd(which: SQL, later: SQL): SQL {
  const floods = sql`SELECT * FROM method_floods ${which} ORDER BY until`;
  return sql`coalesce((SELECT f.until FROM (${floods} LIMIT ${scanned}) AS f JOIN sessions s ON s.id = f.session_id
      WHERE s.state = 'free' ${later} ORDER BY f.until LIMIT 1),
    (SELECT until FROM (${floods} LIMIT 1 OFFSET ${before}) AS last))`;
}

const LATER = sql`AND NOT EXISTS
  (SELECT 1 FROM method_floods g WHERE g.session_id = f.session_id AND g.until > f.until)`;

function ofAll(methodEnd: SQL): SQL {
  return sql`SELECT
    (SELECT json_object_agg(name, n) FROM (
      SELECT name, sum(n) AS n FROM counts WHERE name = ANY(${value('names')}::text[]) GROUP BY name
    ) AS sums) AS counters,
    (SELECT min(state_until) FROM sessions WHERE state = 'flood' AND state_until IS NOT NULL) AS "nextFloodEnd",
    (SELECT min(state_until) FROM sessions WHERE state = 'cooldown' AND state_until IS NOT NULL)
      AS "nextCooldownEnd",
    (SELECT min(state_until) FROM sessions WHERE state = 'used_up' AND state_until IS NOT NULL) AS "nextUsedUpEnd",
    ${methodEnd} AS "nextMethodFloodEnd",
    least((SELECT min(last_used_at) FROM sessions WHERE state = 'leased' AND method_flooded = false),
      (SELECT min(last_used_at) FROM sessions WHERE state = 'leased' AND method_flooded = true)) AS "oldestLeaseAt"`;
}

const COUNTS = prepared('counts', ofAll(nextMethodFloodEnd(sql``, LATER)));
const COUNTS_FOR_METHOD = prepared(
  'counts for a method',
  ofAll(nextMethodFloodEnd(sql`WHERE method = ${value('method')}::text`, sql``)),
);

const scopedStatements = new Map<string, (values: Record<string, unknown>) => QueryConfig>();

/** The sessions in the scope, examined one by one. */
function scopedStatement(scope: CountScope): QueryConfig {
  const { sessionId, sessionName, tags, method } = scope;
  const kind = [sessionId, sessionName, method].map((part) => (part === null ? '' : 'x'));
  const name = `counts of ${[...kind, tags.length > 0 ? 'x' : ''].join('-')}`;
  const statement = scopedStatements.get(name) ?? prepared(name, scoped(scope));
  scopedStatements.set(name, statement);
  return statement({ sessionId, sessionName, method, tag: tags[0] ?? null, tags: [...tags] });
}

function scoped({ sessionId, sessionName, tags, method }: CountScope): SQL {
  const conditions = [
    ...(sessionId === null ? [] : [sql`s.id = ${value('sessionId')}`]),
    ...(sessionName === null ? [] : [sql`s.name = ${value('sessionName')}`]),
    ...(tags.length === 0
      ? []
      : [
          sql`s.id IN (SELECT t.session_id FROM session_tags t WHERE t.tag = ${value('tag')})`,
          sql`s.tags @> ${value('tags')}::text[]`,
        ]),
  ];
  const flood = sql`(SELECT max(f.until) FROM method_floods f WHERE f.session_id = s.id
    ${method === null ? sql`` : sql`AND f.method = ${value('method')}`})`;
  return sql`SELECT ${sql.raw(COUNTED)} FROM (
    SELECT s.state, s.condition, s.state_until AS until, s.last_used_at AS used,
      CASE WHEN s.state = 'free' AND s.method_flooded THEN ${flood} END AS method_until
    FROM sessions s WHERE ${sql.join(conditions, sql` AND `)}) AS wanted`;
}

/**
 * The states of the sessions in the scope (none: all), in one statement. Its cost grows with the scope, not with the
 * pool.
 */
export async function readCounts(units: Reads, scope?: CountScope): Promise<PoolCounts> {
  if (scope && namesSessions(scope))
    return poolCounts((await units.read<CountRow>(scopedStatement(scope)))[0]);
  const [names, method] = [POOL_COUNTERS, scope?.method ?? null];
  const all = method === null ? COUNTS({ names }) : COUNTS_FOR_METHOD({ names, method });
  const [row] = await units.read<{ readonly counters: CountRow | null }>(all);
  const { counters, ...times } = row ?? { counters: null };
  return poolCounts({ ...times, ...counters });
}

/** More than the connections that write at the same moment, over all replicas. */
const SHARDS = 64;

/**
 * Adds `n` to the counter `name` for each row of `source` (columns `name`, `n`), in the connection's own shard. In
 * the order of names, so that two transactions never deadlock.
 */
export function addToCounts(source: SQL): SQL {
  const shard = sql.raw(`(pg_backend_pid() % ${SHARDS})::smallint`);
  return sql`INSERT INTO counts AS kept (name, shard, n)
    SELECT added.name, ${shard}, sum(added.n)::bigint FROM (${source}) AS added(name, n)
    GROUP BY added.name HAVING sum(added.n) <> 0 ORDER BY added.name COLLATE "C"
    ON CONFLICT (name, shard) DO UPDATE SET n = kept.n + excluded.n`;
}
