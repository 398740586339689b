import { type SQL, sql } from 'drizzle-orm';
import type { QueryConfig } from 'pg';
import type { StoredProxy } from '../../kernel/proxy.js';
import type { AcquireRequest, Lease } from '../../pool/store.js';
import { candidates, kindOf, LEASED, valuesOf, type Wanted } from './acquire_candidates.js';
import { prepared } from './prepared.js';
import { addToCounts } from './tallies.js';

/** What a granted lease comes back as; `place`: that of its request among those of the statement, from 1 on. */
export type LeasedRow = Omit<Lease, 'leaseId' | 'sessionId' | 'sessionName'> & {
  readonly place: number;
  readonly id: number;
  readonly name: string;
  readonly proxy: StoredProxy | null;
};

const value = sql.placeholder;

const known = new Map<string, (values: Record<string, unknown>) => QueryConfig>();

/**
 * Leases to each of the requests, which all want the same, the least recently used session that it may have, in
 * their order, as long as there are any: a row for each that was granted. A session that another transaction is
 * at is passed over, or (`patient`) waited for.
 */
export function acquireStatement(
  requests: readonly [AcquireRequest, ...AcquireRequest[]],
  now: number,
  patient: boolean,
): QueryConfig {
  const [wanted] = requests;
  const { length } = requests;
  const kind = [String(length), ...kindOf(wanted), ...(patient ? ['patient'] : [])].join(' ');
  const statement = known.get(kind) ?? prepared(`acquire ${kind}`, leasing(wanted, length, patient));
  known.set(kind, statement);
  return statement({
    ...valuesOf(wanted),
    now,
    leaseIds: requests.map(({ leaseId }) => leaseId),
    holders: requests.map(({ holder }) => holder),
    addresses: requests.map(({ address }) => address),
    ttls: requests.map(({ ttlSeconds }) => ttlSeconds),
  });
}

const ASKED = sql`asked AS (SELECT * FROM unnest(${value('leaseIds')}::text[], ${value('holders')}::text[],
  ${value('addresses')}::text[], ${value('ttls')}::integer[])
  WITH ORDINALITY AS asked(lease_id, holder, address, ttl, place))`;

const PROXY = sql`CASE WHEN p.id IS NOT NULL THEN
  json_build_object('type', p.type, 'host', p.host, 'port', p.port, 'user', p."user", 'pass', p.pass) END`;

const TALLIES = sql`SELECT v.name, v.n::bigint FROM leased, LATERAL (VALUES
  ('state:' || leased.was, -1), ('state:' || ${sql.raw(LEASED)}, 1), ('holder:' || leased.holder, 1),
  ('limited', CASE WHEN leased.was = 'free' AND leased.limited THEN -1 ELSE 0 END)) AS v(name, n)`;

/** The limit is written out: with a parameter in its place the server would plan each call anew. */
function leasing(wanted: Wanted, limit: number, patient: boolean): SQL {
  const now = sql`${value('now')}::bigint`;
  return sql`WITH ${ASKED}, ${candidates(wanted, limit, patient)},
    granted AS (SELECT * FROM asked JOIN
      (SELECT id, was, row_number() OVER (ORDER BY used, id) AS place FROM picked) AS numbered USING (place)
    ), leased AS (
      UPDATE sessions s SET state = ${sql.raw(LEASED)}, state_reason = NULL,
        state_until = ${now} + granted.ttl * 1000::bigint, last_used_at = ${now}, lease_id = granted.lease_id,
        lease_holder = granted.holder, lease_address = granted.address, lease_ttl_seconds = granted.ttl,
        lease_renewed = false, cooldown_until = NULL
      FROM granted WHERE s.id = granted.id
      RETURNING s.id, s.name, s.file, s.json_file, s.format, s.phone_number, s.user_id, s.api_id, s.tags,
        s.proxy_id, s.limited, s.lease_id, s.lease_holder AS holder, s.state_until, granted.was,
        granted.place
    ), untagged AS (
      UPDATE session_tags t SET free_since = NULL FROM leased
      WHERE t.session_id = leased.id AND leased.tags <> '{}'
    ), noted AS (
      INSERT INTO history (session_id, at, event, detail, lease_id, holder)
      SELECT id, ${now}, 'leased', ${value('method')}::text, lease_id, holder FROM leased
    ), counted AS (${addToCounts(TALLIES)})
    SELECT l.place, l.id, l.name, l.file, l.json_file AS "jsonFile", l.format, l.phone_number AS "phoneNumber",
      l.user_id AS "userId", l.api_id AS "apiId", l.tags, l.state_until AS "expiresAt", ${PROXY} AS proxy
    FROM leased l LEFT JOIN proxies p ON p.id = l.proxy_id`;
}
