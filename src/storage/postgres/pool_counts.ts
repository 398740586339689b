import { sql } from 'drizzle-orm';
import { STATES, type State } from '../../pool/states.js';
import type { PoolCounts } from '../../pool/store.js';
import { prepared } from './prepared.js';
import type { Units } from './units.js';

interface Row {
  readonly tallies: Readonly<Record<string, number>> | null;
  readonly nextFloodEnd: number | null;
  readonly nextMethodFloodEnd: number | null;
  readonly oldestLeaseAt: number | null;
}

const COUNTS = prepared(
  'counts',
  sql`SELECT
    (SELECT json_object_agg(name, n) FROM (
      SELECT name, sum(n) AS n FROM counts WHERE name = ANY(${sql.placeholder('names')}::text[]) GROUP BY name
    ) AS sums) AS tallies,
    (SELECT min(state_until) FROM sessions WHERE state = 'flood' AND state_until IS NOT NULL) AS "nextFloodEnd",
    (SELECT min(until) FROM method_floods) AS "nextMethodFloodEnd",
    least((SELECT min(last_used_at) FROM sessions WHERE state = 'leased' AND limited = false),
      (SELECT min(last_used_at) FROM sessions WHERE state = 'leased' AND limited = true)) AS "oldestLeaseAt"`,
);

const LIMITED = 'limited';
const NAMES = [LIMITED, ...STATES.map((state) => `state:${state}`)];

/** How the pool stands, in one statement whose cost does not grow with it. */
export async function readCounts(units: Units): Promise<PoolCounts> {
  const [row] = await units.read<Row>(COUNTS({ names: NAMES }));
  const of = (name: string) => row?.tallies?.[name] ?? 0;
  const states = Object.fromEntries(STATES.map((state) => [state, of(`state:${state}`)]));
  const freeButLimited = of(LIMITED);
  return {
    total: STATES.reduce((sum, state) => sum + of(`state:${state}`), 0),
    states: states as Record<State, number>,
    freeButLimited,
    nextFloodEnd: row?.nextFloodEnd ?? null,
    nextMethodFloodEnd: freeButLimited > 0 ? (row?.nextMethodFloodEnd ?? null) : null,
    oldestLeaseAt: row?.oldestLeaseAt ?? null,
  };
}
