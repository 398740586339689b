import { sql } from 'drizzle-orm';
import type { QueryConfig } from 'pg';
import type { Caller } from '../../pool/lease_authorization.js';
import { nextState, STATES, type State, TRANSITIONS } from '../../pool/states.js';
import { Batches } from './acquisition.js';
import { CHANNEL } from './channel.js';
import { addToCounts } from './counters.js';
import { prepared } from './prepared.js';
import type { PostgresUnitsOfWork } from './unit_of_work.js';

/** The maximum number of releases per statement. */
const MAX_AT_ONCE = 32;

interface Asked extends Ending {
  readonly now: number;
}

/** Ends leases in one statement, several at once under load, in the plain cases. */
export class ReleaseFastPath {
  readonly #units: PostgresUnitsOfWork;
  readonly #batches: Batches<Asked, boolean>;

  /** `lanes`: the maximum number of concurrent statements. */
  constructor(units: PostgresUnitsOfWork, lanes: number) {
    this.#units = units;
    const carryOut = (asked: readonly Asked[]) => this.#together(asked);
    this.#batches = new Batches({ lanes, take: (waiting) => Math.min(waiting, MAX_AT_ONCE), carryOut });
  }

  /** Whether the lease was ended; if not, the case needs a full decision. */
  async end(
    sessionId: number,
    { leaseId, holder, address, leaseIds }: Caller,
    now: number,
  ): Promise<boolean> {
    if (leaseId === null && leaseIds === 'required') return false;
    return this.#batches.add('', { sessionId, leaseId, holder, address, now });
  }

  async #together(asked: readonly Asked[]): Promise<boolean[]> {
    const now = Math.max(...asked.map((one) => one.now));
    const freed = this.#units.signals.freed('N');
    const query = releaseStatement(asked, now, freed);
    const rows = await this.#units.statement<EndedRow>(query, (ended) => ({
      freed: ended.filter(({ state }) => state === 'free').length,
      notices: ended.map(({ id, name }) => ({
        ...{ sessionId: id, sessionName: name, at: now, event: 'released', detail: null },
      })),
      deadline: Number.POSITIVE_INFINITY,
      announced: freed !== null,
    }));
    const places = new Set(rows.map(({ place }) => place));
    return asked.map((_, index) => places.has(index + 1));
  }
}

/** Which lease to end: the holder's one with this id, or (null) that of this client of the holder. */
export interface Ending {
  readonly sessionId: number;
  readonly leaseId: string | null;
  readonly holder: string;
  readonly address: string | null;
}

/** An ended lease, as it is announced; `place`: the position of its request, from 1. */
export interface EndedRow {
  readonly place: number;
  readonly id: number;
  readonly name: string;
  readonly state: State;
}

const LEASED = nextState('free', 'acquire', 'free');
const ENDING = STATES.filter((state) => state === LEASED && TRANSITIONS[state].release === 'base');
const states = sql.raw(ENDING.map((state) => `'${state}'`).join(', '));

const value = sql.placeholder;

const counterChanges = sql`SELECT v.name, v.n::bigint FROM ended, LATERAL (VALUES
  (${sql.raw(`'state:${LEASED}'`)}, -1), ('state:' || ended.state, 1), ('holder:' || ended.lease_holder, -1),
  ('method_flooded', CASE WHEN ended.state = 'free' AND ended.method_flooded THEN 1 ELSE 0 END)) AS v(name, n)`;

const RELEASE = prepared(
  'release',
  sql`WITH asked AS (SELECT * FROM unnest(${value('sessionIds')}::bigint[], ${value('leaseIds')}::text[],
      ${value('holders')}::text[], ${value('addresses')}::text[])
      WITH ORDINALITY AS asked(session_id, lease_id, holder, address, place)
    ), ended AS (
      UPDATE sessions s SET state = s.base_state, state_reason = s.base_state_reason, state_until = NULL,
        last_used_at = ${value('now')}, cooldown_until = NULL
      FROM asked WHERE s.id = asked.session_id AND s.state IN (${states}) AND s.state_until > ${value('now')}
        AND s.lease_holder = asked.holder AND CASE WHEN asked.lease_id IS NULL
          THEN s.lease_address = asked.address AND NOT s.lease_renewed AND s.unreleased = '[]'
          ELSE s.lease_id = asked.lease_id END
        AND (s.base_state <> 'free'
          OR (s.condition <> 'frozen' AND coalesce(s.used_up_until, 0) <= ${value('now')}))
      RETURNING s.id, s.name, s.state, s.tags, s.method_flooded, s.last_used_at, s.lease_id, s.lease_holder,
        asked.holder, asked.place
    ), tagged AS (
      UPDATE session_tags t SET free_since = ended.last_used_at FROM ended
      WHERE t.session_id = ended.id AND ended.tags <> '{}' AND ended.state = 'free'
    ), noted AS (
      INSERT INTO history (session_id, at, event, lease_id, holder)
      SELECT id, ${value('now')}::bigint, 'released', lease_id, holder FROM ended
    ), counted AS (${addToCounts(counterChanges)}
    ), announced AS MATERIALIZED (
      SELECT pg_notify(${value('channel')}, replace(${value('freed')}::text, '"N"', free.n::text))
      FROM (SELECT count(*) AS n FROM ended WHERE state = 'free') AS free
      WHERE free.n > 0 AND ${value('freed')}::text IS NOT NULL
    )
    SELECT place, id, name, state, (SELECT count(*) FROM announced) AS announced FROM ended`,
);

/**
 * Ends leases that have not expired, each for a holder that names it or can only mean it: one row per ended lease. No
 * row: the case needs a full decision (`decideRelease`). `freed`: the message that tells the other replicas how many
 * sessions became free, with `"N"` for the number; null: none is sent.
 */
export function releaseStatement(endings: readonly Ending[], now: number, freed: string | null): QueryConfig {
  return RELEASE({
    sessionIds: endings.map(({ sessionId }) => sessionId),
    leaseIds: endings.map(({ leaseId }) => leaseId),
    holders: endings.map(({ holder }) => holder),
    addresses: endings.map(({ address }) => address),
    now,
    channel: CHANNEL,
    freed,
  });
}
