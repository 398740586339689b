import { type SQL, sql } from 'drizzle-orm';
import type { QueryConfig } from 'pg';
import { nextState, type State } from '../../pool/states.js';
import type { AcquireRequest, Lease, StoredProxy } from '../../pool/store.js';
import { statesBefore } from '../standing.js';
import { prepared } from './prepared.js';
import { addToCounts } from './tallies.js';

/** What a granted lease comes back as. */
export type LeasedRow = Omit<Lease, 'leaseId' | 'sessionId' | 'sessionName' | 'expiresAt'> & {
  readonly id: number;
  readonly name: string;
  readonly proxy: StoredProxy | null;
};

/** Out of the pool: leased only when it is asked for by id. */
const INACTIVE: State = 'inactive';
const LEASABLE = statesBefore('acquire').filter((state) => state !== INACTIVE);
const LEASED = nextState('free', 'acquire', 'free') ?? 'leased';

const value = sql.placeholder;
const states = (list: readonly State[]) => sql.raw(list.map((state) => `'${state}'`).join(', '));

const NOT_FLOODED = sql`NOT EXISTS
  (SELECT 1 FROM method_floods f WHERE f.session_id = s.id AND f.method = ${value('method')})`;

const known = new Map<string, (values: Record<string, unknown>) => QueryConfig>();

/**
 * Leases the least recently used session that the request may have: its row, or none. One that another
 * transaction is at is passed over, or (`patient`) waited for.
 */
export function acquireStatement(request: AcquireRequest, now: number, patient: boolean): QueryConfig {
  const { leaseId, holder, ttlSeconds, tags, sessionId, sessionName, method } = request;
  const kind = kindOf(request, patient);
  const statement = known.get(kind) ?? prepared(`acquire ${kind}`, leasing(request, patient));
  known.set(kind, statement);
  const until = now + ttlSeconds * 1000;
  const wanted = { tags: [...tags], tag: tags[0] ?? null, sessionId, sessionName, method };
  return statement({ ...wanted, leaseId, holder, ttlSeconds, now, until });
}

/** Requests of one kind are one statement. */
function kindOf(request: AcquireRequest, patient: boolean): string {
  const { sessionId, sessionName, alsoInactive, method, withCredentials, tags } = request;
  return [
    ...(sessionId === null ? [] : [alsoInactive ? 'id, also inactive' : 'id']),
    ...(sessionName === null ? [] : ['name']),
    ...(method === null ? [] : ['method']),
    ...(withCredentials ? ['credentials'] : []),
    ...(tags.length === 0 ? [] : [tags.length === 1 ? 'tag' : 'tags']),
    ...(patient ? ['patient'] : []),
  ].join(' ');
}

function leasing(request: AcquireRequest, patient: boolean): SQL {
  const proxy = sql`CASE WHEN p.id IS NOT NULL THEN
    json_build_object('type', p.type, 'host', p.host, 'port', p.port, 'user', p."user", 'pass', p.pass) END`;
  const tallies = sql`SELECT v.name, v.n::bigint FROM leased, LATERAL (VALUES
    ('state:' || leased.was, -1), (${sql.raw(`'state:${LEASED}'`)}, 1), ('holder:' || leased.holder, 1),
    ('limited', CASE WHEN leased.was = 'free' AND leased.limited THEN -1 ELSE 0 END)) AS v(name, n)`;
  return sql`WITH ${candidates(request, patient)}, leased AS (
      UPDATE sessions s SET state = ${states([LEASED])}, state_reason = NULL, state_until = ${value('until')},
        last_used_at = ${value('now')}, lease_id = ${value('leaseId')}, lease_holder = ${value('holder')},
        lease_ttl_seconds = ${value('ttlSeconds')}, lease_renewed = false
      FROM picked WHERE s.id = picked.id
      RETURNING s.id, s.name, s.file, s.json_file, s.format, s.phone_number, s.user_id, s.api_id, s.tags,
        s.proxy_id, s.limited, s.lease_id, s.lease_holder AS holder, picked.was
    ), untagged AS (
      UPDATE session_tags t SET free_since = NULL FROM leased
      WHERE t.session_id = leased.id AND leased.tags <> '{}'
    ), noted AS (
      INSERT INTO history (session_id, at, event, detail, lease_id, holder)
      SELECT id, ${value('now')}::bigint, 'leased', ${value('method')}::text, lease_id, holder FROM leased
    ), counted AS (${addToCounts(tallies)})
    SELECT l.id, l.name, l.file, l.json_file AS "jsonFile", l.format, l.phone_number AS "phoneNumber",
      l.user_id AS "userId", l.api_id AS "apiId", l.tags, ${proxy} AS proxy
    FROM leased l LEFT JOIN proxies p ON p.id = l.proxy_id`;
}

/** The table `picked`: the id of one session, locked, and the state it was in. */
function candidates(request: AcquireRequest, patient: boolean): SQL {
  if (request.sessionId !== null || request.sessionName !== null) {
    return sql`picked AS MATERIALIZED (SELECT s.id, s.state AS was FROM sessions s
      WHERE ${and(itself(request), ...qualities(request))} FOR UPDATE OF s)`;
  }
  const { method } = request;
  const unlimited = first(request, [sql`s.limited = false`], patient);
  if (method === null) return sql`picked AS MATERIALIZED (${unlimited})`;
  // Each walks an index in the order of use; the older one of the two is taken.
  return sql`unlimited AS MATERIALIZED (${unlimited}),
    limited AS MATERIALIZED (${first(request, [sql`s.limited = true`, NOT_FLOODED], patient)}),
    picked AS MATERIALIZED (SELECT id, was FROM (SELECT * FROM unlimited UNION ALL SELECT * FROM limited) AS two
      ORDER BY used, id LIMIT 1)`;
}

function first(request: AcquireRequest, conditions: readonly SQL[], patient: boolean): SQL {
  const lock = patient ? sql`FOR UPDATE OF s` : sql`FOR UPDATE OF s SKIP LOCKED`;
  const leasable = sql`s.state IN (${states(LEASABLE)})`;
  const where = and(leasable, ...conditions, ...qualities(request));
  if (request.tags.length === 0) {
    return sql`SELECT s.id, s.state AS was, s.last_used_at AS used FROM sessions s WHERE ${where}
      ORDER BY s.last_used_at, s.id LIMIT 1 ${lock}`;
  }
  return sql`SELECT s.id, s.state AS was, t.free_since AS used
    FROM session_tags t JOIN sessions s ON s.id = t.session_id
    WHERE t.tag = ${value('tag')} AND t.free_since IS NOT NULL AND ${where}
    ORDER BY t.free_since, t.session_id LIMIT 1 ${lock}`;
}

function itself({ sessionId, sessionName, alsoInactive, method }: AcquireRequest): SQL {
  const also = sessionId !== null && alsoInactive ? [INACTIVE] : [];
  return and(
    sql`s.state IN (${states([...LEASABLE, ...also])})`,
    ...(sessionId === null ? [] : [sql`s.id = ${value('sessionId')}`]),
    ...(sessionName === null ? [] : [sql`s.name = ${value('sessionName')}`]),
    method === null ? sql`s.limited = false` : NOT_FLOODED,
  );
}

function qualities({ withCredentials, tags }: AcquireRequest): SQL[] {
  return [
    ...(withCredentials ? [sql`s.auth_key_sha256 IS NOT NULL`] : []),
    ...(tags.length > 0 ? [sql`s.tags @> ${value('tags')}::text[]`] : []),
  ];
}

function and(...conditions: readonly SQL[]): SQL {
  return sql.join([...conditions], sql` AND `);
}
