import { and, eq, inArray, lte, sql } from 'drizzle-orm';
import { conditionOver } from '../../pool/account_condition.js';
import { deadlineEvent, STATES } from '../../pool/states.js';
import { MAX_EXPIRED_PER_CALL, MAX_EXPIRED_PER_COUNT } from '../bounds.js';
import { prepared } from './prepared.js';
import { methodFloods, sessions } from './schema.js';
import type { PostgresUnitOfWork, PostgresUnitsOfWork } from './unit_of_work.js';

/** States that a deadline ends. */
const AWAITED = STATES.filter((state) => deadlineEvent(state, false) !== null);

const NEXT = prepared(
  'next deadline',
  sql`SELECT least((SELECT min(until) FROM method_floods), ${sql.join(
    AWAITED.map((state) =>
      sql.raw(`(SELECT min(state_until) FROM sessions WHERE state = '${state}' AND state_until IS NOT NULL)`),
    ),
    sql`, `,
  )}) AS at`,
);

/** Applies the deadlines of leases, cool-downs and flood waits. */
export class Deadlines {
  readonly #units: PostgresUnitsOfWork;
  #passing: Promise<unknown> | null = null;

  constructor(units: PostgresUnitsOfWork) {
    this.#units = units;
  }

  /** Applies what has expired by `now`; costs nothing while the next known deadline is in the future. */
  async applyExpired(now: number, limit: number = MAX_EXPIRED_PER_CALL): Promise<void> {
    if (this.#passing) await this.#passing.catch(() => undefined);
    if (this.#units.signals.isDue(now)) await this.carryOut(now, limit);
  }

  /**
   * Checks whether a deadline set by another replica has passed by `now`, and applies it; returns whether there was
   * one.
   */
  async applyUnknown(now: number): Promise<boolean> {
    const next = await this.#next();
    if (next === null || next > now) return false;
    return (await this.carryOut(now, MAX_EXPIRED_PER_COUNT)) > 0;
  }

  /** Applies at most `limit` deadlines that have passed by `now`, known or not; returns how many. */
  async carryOut(now: number, limit: number = MAX_EXPIRED_PER_CALL): Promise<number> {
    const { signals } = this.#units;
    signals.forgetDeadlines();
    const passing = this.#passAll(now, limit);
    this.#passing = passing;
    try {
      return await passing;
    } catch (error) {
      signals.expect(0);
      throw error;
    } finally {
      if (this.#passing === passing) this.#passing = null;
    }
  }

  async #passAll(now: number, limit: number): Promise<number> {
    const done = await this.#units.run(async (unit) => {
      const passed = await passSessions(unit, now, limit);
      return passed + (await passMethods(unit, now, limit));
    });
    const next = await this.#next();
    if (next !== null) this.#units.signals.expect(next);
    return done;
  }

  async #next(): Promise<number | null> {
    const [row] = await this.#units.read<{ at: number | null }>(NEXT({}));
    return row?.at ?? null;
  }
}

async function passSessions(unit: PostgresUnitOfWork, now: number, limit: number): Promise<number> {
  const due = AWAITED.map(
    (state) => sql`ARRAY(SELECT id FROM sessions WHERE state = ${state} AND state_until <= ${now}
      ORDER BY state_until LIMIT ${limit})`,
  );
  const rows = await unit.db
    .select()
    .from(sessions)
    .where(and(sql`${sessions.id} = ANY(${sql.join(due, sql` || `)})`, lte(sessions.stateUntil, now)))
    .orderBy(sessions.stateUntil, sessions.id)
    .limit(limit)
    .for('update', { skipLocked: true });
  for (const row of rows) await unit.applyExpired(row, now);
  return rows.length;
}

/** In the lock order used everywhere: the session first, then what belongs to it. */
async function passMethods(unit: PostgresUnitOfWork, now: number, limit: number): Promise<number> {
  const due = unit.db
    .select({ id: methodFloods.sessionId })
    .from(methodFloods)
    .where(lte(methodFloods.until, now))
    .orderBy(methodFloods.until)
    .limit(limit);
  const rows = await unit.db
    .select()
    .from(sessions)
    .where(inArray(sessions.id, due))
    .orderBy(sessions.id)
    .for('update', { skipLocked: true });
  let dropped = 0;
  for (const row of rows) {
    const ofSession = eq(methodFloods.sessionId, row.id);
    const gone = await unit.db.delete(methodFloods).where(and(ofSession, lte(methodFloods.until, now)));
    dropped += gone.rowCount ?? 0;
    const left = await unit.db.select().from(methodFloods).where(ofSession).limit(1);
    const after = await unit.write(row, { methodFlooded: left.length > 0, ...conditionOver(row, now) });
    if (after.condition !== row.condition) unit.record(after, { at: now, event: 'alive' });
  }
  return dropped;
}
