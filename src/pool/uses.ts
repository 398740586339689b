/** How often sessions with a tag may be leased. */
export interface UseLimit {
  readonly tag: string;
  /** Leases in each day of UTC. */
  readonly maxUsesPerDay: number;
  /** In how many days after a session came it grows up to that; 0: at once. */
  readonly rampDays: number;
}

/** How often a session was leased on the last day on which it was. */
export interface UseColumns {
  /** The day, as `dayOf` numbers it. */
  readonly usesDay: number;
  readonly usesToday: number;
  /** Until when it is not leased again, in milliseconds; null: it has uses left, or no limit. */
  readonly usedUpUntil: number | null;
}

/** A session's uses, and when it came. */
export type UsedSession = UseColumns & { readonly createdAt: number };

const DAY_MS = 86_400_000;

/** The number of the day of UTC that contains a moment (milliseconds): days since 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** When the day with this number begins, in milliseconds. */
export function startOfDay(day: number): number {
  return day * DAY_MS;
}

/** How often the session was used on the day of `at`. */
export function usesOn({ usesDay, usesToday }: UseColumns, at: number): number {
  return usesDay === dayOf(at) ? usesToday : 0;
}

/**
 * How often a session with these limits may be used on the day of `at`: on its day d of a ramp of r days, at most
 * max · d / r, and at least once. Of several limits, the lowest counts; null: there is none. PostgreSQL's statement for
 * leasing says the same in SQL.
 */
export function allowedUses(limits: readonly UseLimit[], createdAt: number, at: number): number | null {
  if (limits.length === 0) return null;
  const day = Math.max(1, dayOf(at) - dayOf(createdAt) + 1);
  return Math.min(
    ...limits.map(({ maxUsesPerDay, rampDays }) =>
      day >= rampDays ? maxUsesPerDay : Math.max(1, Math.floor((maxUsesPerDay * day) / rampDays)),
    ),
  );
}

/** The columns after one more use at `at`. */
export function afterUse(session: UsedSession, limits: readonly UseLimit[], at: number): UseColumns {
  const { createdAt } = session;
  const used = { usesDay: dayOf(at), usesToday: usesOn(session, at) + 1, usedUpUntil: null };
  return { ...used, usedUpUntil: usedUpUntil({ ...used, createdAt }, limits, at) };
}

/** The columns after a use on the day of `at` that did not come about; the limits may have changed since. */
export function withoutUse(session: UsedSession, limits: readonly UseLimit[], at: number): UseColumns {
  const { createdAt, usesDay, usesToday } = session;
  const used = { usesDay, usesToday: Math.max(0, usesToday - 1), usedUpUntil: null };
  return { ...used, usedUpUntil: usedUpUntil({ ...used, createdAt }, limits, at) };
}

/** Until when the session is not leased again, in milliseconds: until the next day, if it has had all its uses. */
export function usedUpUntil(session: UsedSession, limits: readonly UseLimit[], at: number): number | null {
  const allowed = allowedUses(limits, session.createdAt, at);
  if (allowed === null || usesOn(session, at) < allowed) return null;
  return startOfDay(dayOf(at) + 1);
}
