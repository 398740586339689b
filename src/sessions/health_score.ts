import type { Condition } from '../pool/account_condition.js';

/** Why a session's health score is below 100. */
export const HEALTH_REASONS = ['dead', 'frozen', 'limited', 'flood_waits', 'errors', 'new', 'busy'] as const;

/** What takes points off a health score. */
export interface HealthReason {
  readonly reason: (typeof HEALTH_REASONS)[number];
  readonly points: number;
  /** What is counted: seconds of flood waits, errors, days since it came, leases a day; null: nothing. */
  readonly value: number | null;
}

/** How well an account is, from 0 to 100, and what took points off. */
export interface Health {
  readonly score: number;
  readonly reasons: readonly HealthReason[];
}

/** What a score is made of. The sums are those of the last `HEALTH_DAYS` days of UTC, today's included. */
export interface HealthInputs {
  readonly condition: Condition;
  readonly floodSeconds: number;
  /** Errors that blame the account or the session: PEER_FLOOD, frozen, a rejected auth key. */
  readonly errors: number;
  readonly uses: number;
  /** Whole days since the session came. */
  readonly ageDays: number;
}

/** Over how many days flood waits, errors and uses are counted. */
export const HEALTH_DAYS = 7;

const POINTS_BY_CONDITION = { alive: 0, limited: 40, frozen: 80, dead: 100 };

/** Three points an hour, at most 40. */
const FLOOD = { secondsPerPoint: 1200, most: 40 };

/** Five points each, at most 25. */
const ERRORS = { pointsEach: 5, most: 25 };

/** A session that came today loses 15 points, which it gets back over 30 days. */
const NEW = { most: 15, days: 30 };

/** One point for each 20 leases a day above 200, at most 15. */
const BUSY = { above: 200, usesPerPoint: 20, most: 15 };

/** The health score: 100 less the points of each reason, at least 0. */
export function healthOf({ condition, floodSeconds, errors, uses, ageDays }: HealthInputs): Health {
  const usesADay = Math.round(uses / HEALTH_DAYS);
  const young = Math.max(0, NEW.days - ageDays) / NEW.days;
  const busy = Math.max(0, usesADay - BUSY.above) / BUSY.usesPerPoint;
  const taken = [
    ...(condition === 'alive' ? [] : [pointsOff(condition, POINTS_BY_CONDITION[condition], null)]),
    pointsOff('flood_waits', Math.min(FLOOD.most, floodSeconds / FLOOD.secondsPerPoint), floodSeconds),
    pointsOff('errors', Math.min(ERRORS.most, errors * ERRORS.pointsEach), errors),
    pointsOff('new', NEW.most * young, ageDays),
    pointsOff('busy', Math.min(BUSY.most, busy), usesADay),
  ];
  const reasons = taken.filter(({ points }) => points > 0);
  const score = Math.max(0, 100 - reasons.reduce((sum, { points }) => sum + points, 0));
  return { score, reasons };
}

function pointsOff(reason: HealthReason['reason'], points: number, value: number | null): HealthReason {
  return { reason, points: Math.round(points), value };
}

/** The health of a session that came just now. */
export const NEW_SESSION_HEALTH = healthOf({
  ...{ condition: 'alive', floodSeconds: 0, errors: 0, uses: 0, ageDays: 0 },
});
