import { type SQL, sql } from 'drizzle-orm';
import { statesBefore } from '../../pool/session_state.js';
import { nextState, type State } from '../../pool/states.js';
import type { AcquireRequest } from '../../pool/store.js';

/** Out of the pool: leased only when it is asked for by id. */
const INACTIVE: State = 'inactive';
const LEASABLE = statesBefore('acquire').filter((state) => state !== INACTIVE);

/** The state of a session that was acquired, as SQL. */
export const LEASED = `'${nextState('free', 'acquire', 'free') ?? 'leased'}'`;

/** Which session a request wants. */
export type Wanted = Pick<
  AcquireRequest,
  'tags' | 'sessionId' | 'sessionName' | 'alsoInactive' | 'method' | 'withCredentials'
>;

const value = sql.placeholder;
const states = (list: readonly State[]) => sql.raw(list.map((state) => `'${state}'`).join(', '));

const NOT_FLOODED = sql`NOT EXISTS
  (SELECT 1 FROM method_floods f WHERE f.session_id = s.id AND f.method = ${value('method')})`;

/** Requests of one kind are one statement, but for its values. */
export function kindOf(wanted: Wanted): string[] {
  const { sessionId, sessionName, alsoInactive, method, withCredentials, tags } = wanted;
  return [
    ...(sessionId === null ? [] : [alsoInactive ? 'id, also inactive' : 'id']),
    ...(sessionName === null ? [] : ['name']),
    ...(method === null ? [] : ['method']),
    ...(withCredentials ? ['credentials'] : []),
    ...(tags.length === 0 ? [] : [tags.length === 1 ? 'tag' : 'tags']),
  ];
}

/** The values that stand for what is wanted. */
export function valuesOf({ tags, sessionId, sessionName, method }: Wanted): Record<string, unknown> {
  return { tags: [...tags], tag: tags[0] ?? null, sessionId, sessionName, method };
}

/**
 * The tables up to `picked`: ids of sessions, locked, the state each was in, and when it was used (`used`), the
 * least recently used first. At most `limit` of them; one if it is asked for by id or name. One that another
 * transaction is at is passed over, or (`patient`) waited for.
 */
export function candidates(wanted: Wanted, limit: number, patient: boolean): SQL {
  if (wanted.sessionId !== null || wanted.sessionName !== null) {
    return sql`picked AS MATERIALIZED (SELECT s.id, s.state AS was, s.last_used_at AS used FROM sessions s
      WHERE ${and(itself(wanted), ...qualities(wanted))} FOR UPDATE OF s)`;
  }
  const { method } = wanted;
  const unlimited = leastUsed(wanted, [sql`s.limited = false`], limit, patient);
  if (method === null) return sql`picked AS MATERIALIZED (${unlimited})`;
  // Each walks an index in the order of use; the older ones of the two are taken.
  return sql`unlimited AS MATERIALIZED (${unlimited}),
    limited AS MATERIALIZED (${leastUsed(wanted, [sql`s.limited = true`, NOT_FLOODED], limit, patient)}),
    picked AS MATERIALIZED (SELECT * FROM (SELECT * FROM unlimited UNION ALL SELECT * FROM limited) AS two
      ORDER BY used, id LIMIT ${sql.raw(String(limit))})`;
}

function leastUsed(wanted: Wanted, conditions: readonly SQL[], limit: number, patient: boolean): SQL {
  const lock = patient ? sql`FOR UPDATE OF s` : sql`FOR UPDATE OF s SKIP LOCKED`;
  const leasable = sql`s.state IN (${states(LEASABLE)})`;
  const where = and(leasable, ...conditions, ...qualities(wanted));
  if (wanted.tags.length === 0) {
    return sql`SELECT s.id, s.state AS was, s.last_used_at AS used FROM sessions s WHERE ${where}
      ORDER BY s.last_used_at, s.id LIMIT ${sql.raw(String(limit))} ${lock}`;
  }
  return sql`SELECT s.id, s.state AS was, t.free_since AS used
    FROM session_tags t JOIN sessions s ON s.id = t.session_id
    WHERE t.tag = ${value('tag')} AND t.free_since IS NOT NULL AND ${where}
    ORDER BY t.free_since, t.session_id LIMIT ${sql.raw(String(limit))} ${lock}`;
}

function itself({ sessionId, sessionName, alsoInactive, method }: Wanted): SQL {
  const also = sessionId !== null && alsoInactive ? [INACTIVE] : [];
  return and(
    sql`s.state IN (${states([...LEASABLE, ...also])})`,
    ...(sessionId === null ? [] : [sql`s.id = ${value('sessionId')}`]),
    ...(sessionName === null ? [] : [sql`s.name = ${value('sessionName')}`]),
    method === null ? sql`s.limited = false` : NOT_FLOODED,
  );
}

function qualities({ withCredentials, tags }: Wanted): SQL[] {
  return [
    ...(withCredentials ? [sql`s.auth_key_sha256 IS NOT NULL`] : []),
    ...(tags.length > 0 ? [sql`s.tags @> ${value('tags')}::text[]`] : []),
  ];
}

function and(...conditions: readonly SQL[]): SQL {
  return sql.join([...conditions], sql` AND `);
}
