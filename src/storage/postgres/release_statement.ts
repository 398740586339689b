import { sql } from 'drizzle-orm';
import { nextState, STATES, type State, TRANSITIONS } from '../../pool/states.js';
import { prepared } from './prepared.js';
import { addToCounts } from './tallies.js';

/** A lease that was ended, as far as it is told of. */
export interface EndedRow {
  readonly id: number;
  readonly name: string;
  readonly state: State;
}

const LEASED = nextState('free', 'acquire', 'free');
const ENDING = STATES.filter((state) => state === LEASED && TRANSITIONS[state].release === 'rest');
const states = sql.raw(ENDING.map((state) => `'${state}'`).join(', '));

const value = sql.placeholder;

const tallies = sql`SELECT v.name, v.n::bigint FROM ended, LATERAL (VALUES
  (${sql.raw(`'state:${LEASED}'`)}, -1), ('state:' || ended.state, 1), ('holder:' || ended.lease_holder, -1),
  ('limited', CASE WHEN ended.state = 'free' AND ended.limited THEN 1 ELSE 0 END)) AS v(name, n)`;

/**
 * Ends a lease that has not run out, for the caller who names it or holds it, and tells the other replicas that
 * a session became free: one row. No row: what the caller gets needs a closer look.
 */
export const releaseStatement = prepared(
  'release',
  sql`WITH ended AS (
      UPDATE sessions s SET state = s.rest, state_reason = s.rest_reason, state_until = NULL,
        last_used_at = ${value('now')}
      WHERE s.id = ${value('sessionId')} AND s.state IN (${states}) AND s.state_until > ${value('now')}
        AND CASE WHEN ${value('leaseId')}::text IS NULL THEN s.lease_holder = ${value('holder')}
          ELSE s.lease_id = ${value('leaseId')} END
      RETURNING s.id, s.name, s.state, s.tags, s.limited, s.last_used_at, s.lease_id, s.lease_holder
    ), tagged AS (
      UPDATE session_tags t SET free_since = ended.last_used_at FROM ended
      WHERE t.session_id = ended.id AND ended.tags <> '{}' AND ended.state = 'free'
    ), noted AS (
      INSERT INTO history (session_id, at, event, lease_id, holder)
      SELECT id, ${value('now')}::bigint, 'released', lease_id, ${value('holder')}::text FROM ended
    ), counted AS (${addToCounts(tallies)})
    SELECT id, name, state,
      CASE WHEN state = 'free' THEN pg_notify(${value('channel')}, ${value('freed')})::text END AS told
    FROM ended`,
);
