import { and, asc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import { conditionOf } from '../../pool/account_condition.js';
import { dayOf } from '../../pool/uses.js';
import { HEALTH_DAYS, type Health, healthOf } from '../../sessions/health_score.js';
import type { HealthScoreStore, ScoredSession } from '../../sessions/health_scores.js';
import type { SessionRow } from '../tables.js';
import { affectedRows, type UnitOfWork, type UnitOfWorkRunner } from '../unit_of_work.js';

/** What is added to a session's day. */
export interface Toll {
  readonly floodSeconds: number;
  readonly errors: number;
}

type Totals = Toll & { readonly uses: number };

/** The health scores of sessions, and what they count. */
export function healthScoreRepository(units: UnitOfWorkRunner): HealthScoreStore {
  return {
    rescore: (afterId, limit, now) =>
      units.run(async (unit) => {
        const { sessions } = unit.tables;
        const found = unit.db.select().from(sessions).where(gt(sessions.id, afterId));
        const rows = await found.orderBy(asc(sessions.id)).limit(limit);
        const totals = await totalsOf(unit, rows, now);
        const scored: ScoredSession[] = [];
        for (const row of rows) {
          const health = await score(unit, row, totals.get(row.id) ?? NOTHING, now);
          scored.push({ id: row.id, score: health.score });
        }
        return scored;
      }),
    pruneDays: (before, limit) =>
      units.run(async ({ db, tables: { sessionDays } }) => {
        const { sessionId, day } = sessionDays;
        const old = db.select({ sessionId, day }).from(sessionDays).where(lt(day, before)).limit(limit);
        return affectedRows(await db.delete(sessionDays).where(sql`(${sessionId}, ${day}) IN ${old}`));
      }),
  };
}

/** Adds to today's flood waits and errors of a locked session, and scores it. */
export async function recordToll(unit: UnitOfWork, row: SessionRow, toll: Toll, now: number): Promise<void> {
  if (toll.floodSeconds > 0 || toll.errors > 0) {
    const { sessionDays } = unit.tables;
    await unit.db
      .insert(sessionDays)
      .values({ sessionId: row.id, day: dayOf(now), ...toll })
      .onConflictDoUpdate({
        target: [sessionDays.sessionId, sessionDays.day],
        set: {
          floodSeconds: sql`${sessionDays.floodSeconds} + excluded.flood_seconds`,
          errors: sql`${sessionDays.errors} + excluded.errors`,
        },
      });
  }
  await rescore(unit, row, now);
}

/** Scores a locked session. */
export async function rescore(unit: UnitOfWork, row: SessionRow, now: number): Promise<void> {
  const totals = await totalsOf(unit, [row], now);
  await score(unit, row, totals.get(row.id) ?? NOTHING, now);
}

const NOTHING: Totals = { floodSeconds: 0, errors: 0, uses: 0 };

/** What happened to these sessions on the last days, without the uses of the last day in their rows. */
async function totalsOf(
  { db, tables: { sessionDays } }: UnitOfWork,
  rows: readonly SessionRow[],
  now: number,
): Promise<ReadonlyMap<number, Totals>> {
  const { sessionId, day, uses, floodSeconds, errors } = sessionDays;
  const lately = and(
    inArray(
      sessionId,
      rows.map(({ id }) => id),
    ),
    gt(day, dayOf(now) - HEALTH_DAYS),
  );
  const sums = await db
    .select({
      id: sessionId,
      uses: sql`sum(${uses})`.mapWith(Number),
      floodSeconds: sql`sum(${floodSeconds})`.mapWith(Number),
      errors: sql`sum(${errors})`.mapWith(Number),
    })
    .from(sessionDays)
    .where(lately)
    .groupBy(sessionId);
  return new Map(sums.map(({ id, ...totals }) => [id, totals]));
}

async function score(unit: UnitOfWork, row: SessionRow, totals: Totals, now: number): Promise<Health> {
  const usedLately = row.usesDay > dayOf(now) - HEALTH_DAYS ? row.usesToday : 0;
  const health = healthOf({
    ...{ ...totals, uses: totals.uses + usedLately },
    condition: conditionOf(row),
    ageDays: Math.max(0, dayOf(now) - dayOf(row.createdAt)),
  });
  const changes = { healthPenalty: 100 - health.score, healthReasons: JSON.stringify(health.reasons) };
  if (changes.healthPenalty === row.healthPenalty && changes.healthReasons === row.healthReasons)
    return health;
  const { sessions } = unit.tables;
  await unit.db.update(sessions).set(changes).where(eq(sessions.id, row.id));
  return health;
}
