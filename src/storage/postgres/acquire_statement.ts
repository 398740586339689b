import { type SQL, sql } from 'drizzle-orm';
import type { QueryConfig } from 'pg';
import type { StoredProxy } from '../../kernel/proxy.js';
import { passesOverUnfenceable, UNFENCEABLE_PROXY } from '../../pool/fence.js';
import { statesBefore } from '../../pool/session_state.js';
import { nextState, type State } from '../../pool/states.js';
import type { AcquireRequest, Lease } from '../../pool/store.js';
import { dayOf, startOfDay } from '../../pool/uses.js';
import { addToCounts } from './counters.js';
import { prepared } from './prepared.js';

/** A granted lease as the statement returns it; `place`: the position of its request in the statement, from 1. */
export type LeasedRow = Omit<Lease, 'leaseId' | 'sessionId' | 'sessionName'> & {
  readonly place: number;
  readonly id: number;
  readonly name: string;
  readonly proxy: StoredProxy | null;
};

const value = sql.placeholder;

/** Out of the pool: leased only by the service itself, to look after one. */
const LEASABLE: readonly State[] = ['free'];
const FROZEN: State = 'frozen';

/** The state of a session that was acquired, as SQL. */
const LEASED = `'${nextState('free', 'acquire', 'free') ?? 'leased'}'`;

/** The conditions of a request. */
type Wanted = Pick<
  AcquireRequest,
  | 'tags'
  | 'sessionId'
  | 'sessionName'
  | 'alsoInactive'
  | 'method'
  | 'withCredentials'
  | 'strategy'
  | 'fence'
  | 'allowFrozen'
> & {
  /** Whether frozen sessions are searched, instead of free ones. */
  readonly onlyFrozen?: boolean;
};

/** What else a statement is told. `after`: the last session that a request for the next one got. */
export interface Searching {
  readonly patient: boolean;
  readonly after: number;
}

const states = (list: readonly State[]) => sql.raw(list.map((state) => `'${state}'`).join(', '));

/** What is said of a picked session. */
const PICKED = sql`s.id, s.state AS was, s.uses_day, s.uses_today`;

const NOT_FLOODED = sql`NOT EXISTS
  (SELECT 1 FROM method_floods f WHERE f.session_id = s.id AND f.method = ${value('method')})`;

const FENCEABLE = sql.raw(`NOT EXISTS
  (SELECT 1 FROM proxies p WHERE p.id = s.proxy_id AND p.type = '${UNFENCEABLE_PROXY}')`);

const known = new Map<string, (values: Record<string, unknown>) => QueryConfig>();

/**
 * Grants each of the requests, which all have the same conditions, a matching session by their strategy, in their
 * order, as long as there are any: one row per granted lease. Sessions locked by other transactions are skipped or
 * (`patient`) waited for.
 */
export function acquireStatement(
  requests: readonly [AcquireRequest & Wanted, ...AcquireRequest[]],
  now: number,
  { patient, after }: Searching,
): QueryConfig {
  const [wanted] = requests;
  const { length } = requests;
  const kind = [String(length), ...kindOf(wanted), ...(patient ? ['patient'] : [])].join(' ');
  const statement = known.get(kind) ?? prepared(`acquire ${kind}`, leasing(wanted, length, patient));
  known.set(kind, statement);
  return statement({
    ...valuesOf(wanted),
    ...{ now, after, today: dayOf(now), tomorrow: startOfDay(dayOf(now) + 1) },
    leaseIds: requests.map(({ leaseId }) => leaseId),
    holders: requests.map(({ holder }) => holder),
    addresses: requests.map(({ address }) => address),
    ttls: requests.map(({ ttlSeconds }) => ttlSeconds),
    fences: requests.map(({ fence = null }) => fence),
  });
}

/** Grants the request a session that its transaction has locked and found to match. */
export function grantStatement(request: AcquireRequest, sessionId: number, now: number): QueryConfig {
  const { leaseId, holder, address, ttlSeconds, method, alsoInactive, fence = null } = request;
  const kind = alsoInactive ? 'chosen, also inactive' : 'chosen';
  const statement = known.get(kind) ?? prepared(`acquire ${kind}`, granting(CHOSEN, !alsoInactive));
  known.set(kind, statement);
  const asked = {
    leaseIds: [leaseId],
    holders: [holder],
    addresses: [address],
    ttls: [ttlSeconds],
    fences: [fence],
  };
  const days = { today: dayOf(now), tomorrow: startOfDay(dayOf(now) + 1) };
  return statement({ ...asked, ...days, sessionId, method, now });
}

const CHOSEN = sql`picked AS MATERIALIZED (SELECT ${PICKED}, s.last_used_at AS used FROM sessions s
  WHERE s.id = ${value('sessionId')} FOR UPDATE OF s)`;

const ASKED = sql`asked AS (SELECT * FROM unnest(${value('leaseIds')}::text[], ${value('holders')}::text[],
  ${value('addresses')}::text[], ${value('ttls')}::integer[], ${value('fences')}::text[])
  WITH ORDINALITY AS asked(lease_id, holder, address, ttl, fence, place))`;

const PROXY = sql`CASE WHEN p.id IS NOT NULL THEN
  json_build_object('type', p.type, 'host', p.host, 'port', p.port, 'user', p."user", 'pass', p.pass) END`;

const COUNTER_CHANGES = sql`SELECT v.name, v.n::bigint FROM leased, LATERAL (VALUES
  ('state:' || leased.was, -1), ('state:' || ${sql.raw(LEASED)}, 1), ('holder:' || leased.holder, 1),
  ('method_flooded', CASE WHEN leased.was = 'free' AND leased.method_flooded THEN -1 ELSE 0 END)) AS v(name, n)`;

const today = sql`${value('today')}::integer`;
const usesToday = sql`(CASE WHEN s.uses_day = ${today} THEN s.uses_today ELSE 0 END + 1)`;

/** As `allowedUses`, in the statement that counts the use. */
const ALLOWED_USES = sql`(SELECT min(CASE WHEN own.day >= l.ramp_days THEN l.max_uses_per_day
    ELSE greatest(1, l.max_uses_per_day * own.day / l.ramp_days) END)
  FROM tag_limits l, (SELECT greatest(1, ${today} - s.created_at / 86400000 + 1) AS day) AS own WHERE l.tag = ANY(s.tags))`;

const USE = sql`, uses_day = ${today}, uses_today = ${usesToday},
  used_up_until = CASE WHEN ${usesToday} >= ${ALLOWED_USES} THEN ${value('tomorrow')}::bigint END`;

/** Keeps the count of an earlier day, which the session's row gives up for that of today. */
const KEEP_DAY = sql`kept AS (INSERT INTO session_days (session_id, day, uses)
  SELECT id, uses_day, uses_today FROM granted WHERE uses_day < ${today} AND uses_today > 0
  ON CONFLICT (session_id, day) DO UPDATE SET uses = excluded.uses), `;

/** The limit is a literal: with a parameter, the server would plan each call again. */
function leasing(wanted: Wanted, limit: number, patient: boolean): SQL {
  return granting(candidates(wanted, limit, patient), !wanted.alsoInactive);
}

/** Grants the sessions in `picked`, which `tables` end with. `isUse`: it counts as a use of the day. */
function granting(tables: SQL, isUse: boolean): SQL {
  const now = sql`${value('now')}::bigint`;
  return sql`WITH ${ASKED}, ${tables},
    granted AS (SELECT * FROM asked JOIN
      (SELECT id, was, uses_day, uses_today, row_number() OVER (ORDER BY used, id) AS place FROM picked)
      AS numbered USING (place)
    ), ${isUse ? KEEP_DAY : sql``}leased AS (
      UPDATE sessions s SET state = ${sql.raw(LEASED)}, state_reason = NULL,
        state_until = ${now} + granted.ttl * 1000::bigint, last_used_at = ${now}, lease_id = granted.lease_id,
        lease_holder = granted.holder, lease_address = granted.address, lease_ttl_seconds = granted.ttl,
        lease_renewed = false, lease_fence = granted.fence, cooldown_until = NULL${isUse ? USE : sql``}
      FROM granted WHERE s.id = granted.id
      RETURNING s.id, s.name, s.file, s.json_file, s.format, s.phone_number, s.user_id, s.api_id, s.tags,
        s.proxy_id, s.method_flooded, s.lease_id, s.lease_holder AS holder, s.lease_fence, s.state_until, granted.was,
        granted.place
    ), untagged AS (
      UPDATE session_tags t SET free_since = NULL FROM leased
      WHERE t.session_id = leased.id AND leased.tags <> '{}'
    ), noted AS (
      INSERT INTO history (session_id, at, event, detail, lease_id, holder)
      SELECT id, ${now}, 'leased', ${value('method')}::text, lease_id, holder FROM leased
    ), counted AS (${addToCounts(COUNTER_CHANGES)})
    SELECT l.place, l.id, l.name, l.file, l.json_file AS "jsonFile", l.format, l.phone_number AS "phoneNumber",
      l.user_id AS "userId", l.api_id AS "apiId", l.tags, l.lease_fence AS fence, l.state_until AS "expiresAt",
      ${PROXY} AS proxy
    FROM leased l LEFT JOIN proxies p ON p.id = l.proxy_id`;
}

/** Requests of one kind share one statement, with different values. */
export function kindOf(wanted: Wanted): string[] {
  const { sessionId, sessionName, alsoInactive, method, withCredentials, tags } = wanted;
  const { strategy = 'least_recently_used', allowFrozen = false, onlyFrozen = false } = wanted;
  const isNamed = sessionId !== null || sessionName !== null;
  return [
    ...(sessionId === null ? [] : [alsoInactive ? 'id, also inactive' : 'id']),
    ...(isNamed && allowFrozen ? ['also frozen'] : []),
    ...(onlyFrozen ? ['frozen'] : []),
    ...(isNamed || onlyFrozen || strategy === 'least_recently_used' ? [] : [strategy]),
    ...(sessionName === null ? [] : ['name']),
    ...(method === null ? [] : ['method']),
    ...(withCredentials ? ['credentials'] : []),
    ...(passesOverUnfenceable(wanted) ? ['fenceable'] : []),
    ...(tags.length === 0 ? [] : [tags.length === 1 ? 'tag' : 'tags']),
  ];
}

/** The values for the conditions. */
function valuesOf({ tags, sessionId, sessionName, method }: Wanted): Record<string, unknown> {
  return { tags: [...tags], tag: tags[0] ?? null, sessionId, sessionName, method };
}

/**
 * The tables up to `picked`: locked session ids, their states, and when they were last used (`used`), least recently
 * used first. At most `limit` of them; one if requested by id or name. Sessions locked by other transactions are
 * skipped or (`patient`) waited for.
 */
function candidates(wanted: Wanted, limit: number, patient: boolean): SQL {
  if (wanted.sessionId !== null || wanted.sessionName !== null) {
    return sql`picked AS MATERIALIZED (SELECT ${PICKED}, s.last_used_at AS used FROM sessions s
      WHERE ${allOf(itself(wanted), ...qualities(wanted))} FOR UPDATE OF s)`;
  }
  const { method } = wanted;
  if (wanted.onlyFrozen) {
    const conditions = [sql.raw(`s.state = '${FROZEN}'`), ...(method === null ? [] : [NOT_FLOODED])];
    const order = { rank: sql`s.last_used_at`, by: sql`s.last_used_at, s.id`, limit, patient };
    return sql`picked AS MATERIALIZED (${ordered(wanted, conditions, order)})`;
  }
  if (wanted.strategy === 'round_robin') return nextById(wanted, limit, patient);
  const search = wanted.strategy === 'healthiest' ? healthiest : leastUsed;
  const unflooded = search(wanted, [sql`s.method_flooded = false`], limit, patient);
  if (method === null) return sql`picked AS MATERIALIZED (${unflooded})`;
  // Each walks an index in the order of use; the older ones of both are used.
  return sql`unflooded AS MATERIALIZED (${unflooded}),
    flooded AS MATERIALIZED (${search(wanted, [sql`s.method_flooded = true`, NOT_FLOODED], limit, patient)}),
    picked AS MATERIALIZED (SELECT * FROM (SELECT * FROM unflooded UNION ALL SELECT * FROM flooded) AS two
      ORDER BY used, id LIMIT ${sql.raw(String(limit))})`;
}

function leastUsed(wanted: Wanted, conditions: readonly SQL[], limit: number, patient: boolean): SQL {
  const lock = patient ? sql`FOR UPDATE OF s` : sql`FOR UPDATE OF s SKIP LOCKED`;
  const leasable = sql`s.state IN (${states(LEASABLE)})`;
  const where = allOf(leasable, ...conditions, ...qualities(wanted));
  if (wanted.tags.length === 0) {
    return sql`SELECT ${PICKED}, s.last_used_at AS used FROM sessions s WHERE ${where}
      ORDER BY s.last_used_at, s.id LIMIT ${sql.raw(String(limit))} ${lock}`;
  }
  return sql`SELECT ${PICKED}, t.free_since AS used
    FROM session_tags t JOIN sessions s ON s.id = t.session_id
    WHERE t.tag = ${value('tag')} AND t.free_since IS NOT NULL AND ${where}
    ORDER BY t.free_since, t.session_id LIMIT ${sql.raw(String(limit))} ${lock}`;
}

/** How sessions are ordered: by what, and the number by which the result is. */
interface Ordering {
  readonly by: SQL;
  readonly rank: SQL;
  readonly limit: number;
  readonly patient: boolean;
}

function ordered(wanted: Wanted, conditions: readonly SQL[], { by, rank, limit, patient }: Ordering): SQL {
  const lock = patient ? sql`FOR UPDATE OF s` : sql`FOR UPDATE OF s SKIP LOCKED`;
  return sql`SELECT ${PICKED}, ${rank} AS used FROM sessions s WHERE ${allOf(...conditions, ...qualities(wanted))}
    ORDER BY ${by} LIMIT ${sql.raw(String(limit))} ${lock}`;
}

const FREE = sql`s.state = 'free'`;

/** Of sessions with the same score, the least recently used one. A score counts more than any time. */
function healthiest(wanted: Wanted, conditions: readonly SQL[], limit: number, patient: boolean): SQL {
  const rank = sql`s.health_penalty * 100000000000000 + s.last_used_at`;
  const by = sql`s.health_penalty, s.last_used_at, s.id`;
  return ordered(wanted, [FREE, ...conditions], { by, rank, limit, patient });
}

/** The next ids after the last one that was given so, and from the first one on again. */
function nextById(wanted: Wanted, limit: number, patient: boolean): SQL {
  const unflooded = wanted.method === null ? sql`s.method_flooded = false` : NOT_FLOODED;
  const after = sql`${value('after')}::bigint`;
  const part = (which: SQL, rank: SQL) =>
    ordered(wanted, [FREE, which, unflooded], { by: sql`s.id`, rank, limit, patient });
  return sql`ahead AS MATERIALIZED (${part(sql`s.id > ${after}`, sql`s.id`)}),
    behind AS MATERIALIZED (${part(sql`s.id <= ${after}`, sql`s.id + 4503599627370496`)}),
    picked AS MATERIALIZED (SELECT * FROM (SELECT * FROM ahead UNION ALL SELECT * FROM behind) AS two
      ORDER BY used, id LIMIT ${sql.raw(String(limit))})`;
}

function itself({ sessionId, sessionName, alsoInactive, allowFrozen, method }: Wanted): SQL {
  const every = sessionId !== null && alsoInactive ? statesBefore('acquire') : LEASABLE;
  const also = allowFrozen ? [FROZEN] : [];
  return allOf(
    sql`s.state IN (${states([...new Set([...every, ...also])])})`,
    ...(sessionId === null ? [] : [sql`s.id = ${value('sessionId')}`]),
    ...(sessionName === null ? [] : [sql`s.name = ${value('sessionName')}`]),
    method === null ? sql.raw(`(s.method_flooded = false OR s.state = '${FROZEN}')`) : NOT_FLOODED,
  );
}

function qualities(wanted: Wanted): SQL[] {
  const { withCredentials, tags } = wanted;
  return [
    ...(withCredentials ? [sql`s.auth_key_sha256 IS NOT NULL`] : []),
    ...(passesOverUnfenceable(wanted) ? [FENCEABLE] : []),
    ...(tags.length > 0 ? [sql`s.tags @> ${value('tags')}::text[]`] : []),
  ];
}

function allOf(...conditions: readonly SQL[]): SQL {
  return sql.join([...conditions], sql` AND `);
}
