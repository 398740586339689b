import { STATES, type State } from '../pool/states.js';
import type { PoolCounts } from '../pool/store.js';

/** Counters by the names that `countsOf` gives them, and times by those of `PoolCounts`. */
export type CountRow = Readonly<Record<string, number | null>>;

/** The names of the pool's counters: all but those of keys. */
export const POOL_COUNTERS = [
  'method_flooded',
  'condition:limited',
  'condition:frozen',
  ...STATES.map((state) => `state:${state}`),
];

/** What is selected of `state`, `condition`, `until`, `used` and `method_until` of sessions: their row of counts. */
export const COUNTED = [
  ...STATES.map((state) => `count(*) FILTER (WHERE state = '${state}') AS "state:${state}"`),
  'count(method_until) AS method_flooded',
  ...['limited', 'frozen'].map(
    (condition) =>
      `count(*) FILTER (WHERE condition = '${condition}' AND state <> 'dead') AS "condition:${condition}"`,
  ),
  `min(until) FILTER (WHERE state = 'flood') AS "nextFloodEnd"`,
  `min(until) FILTER (WHERE state = 'cooldown') AS "nextCooldownEnd"`,
  `min(until) FILTER (WHERE state = 'used_up') AS "nextUsedUpEnd"`,
  'min(method_until) AS "nextMethodFloodEnd"',
  `min(used) FILTER (WHERE state = 'leased') AS "oldestLeaseAt"`,
].join(', ');

/** The counts of such a row; what it lacks is 0, or unknown. */
export function poolCounts(row: CountRow = {}): PoolCounts {
  const of = (state: State) => row[`state:${state}`] ?? 0;
  const freeButMethodFlooded = row.method_flooded ?? 0;
  return {
    total: STATES.reduce((sum, state) => sum + of(state), 0),
    states: Object.fromEntries(STATES.map((state) => [state, of(state)])) as Record<State, number>,
    freeButMethodFlooded,
    nextFloodEnd: row.nextFloodEnd ?? null,
    nextMethodFloodEnd: freeButMethodFlooded > 0 ? (row.nextMethodFloodEnd ?? null) : null,
    nextCooldownEnd: row.nextCooldownEnd ?? null,
    nextUsedUpEnd: row.nextUsedUpEnd ?? null,
    limited: row['condition:limited'] ?? 0,
    frozen: row['condition:frozen'] ?? 0,
    oldestLeaseAt: row.oldestLeaseAt ?? null,
  };
}
