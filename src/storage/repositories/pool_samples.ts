import { and, asc, count, eq, gt, gte, inArray, lt, max, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import {
  HOUR_SECONDS,
  MINUTE_SECONDS,
  type MonitoringStore,
  type PoolSample,
  type SampledEvents,
} from '../../pool/monitoring_store.js';
import type { Tables } from '../tables.js';
import { affectedRows, type UnitOfWork, type UnitOfWorkRunner } from '../unit_of_work.js';

/** How much of the history is looked at for one sample: beyond it, the events of a minute are counted in part. */
const MAX_HISTORY_ROWS = 200_000;

/** Rows that a slower transaction adds behind newer ones. */
const LATE_ROWS = 1_000;

/** The events of the history that are counted. */
const COUNTED: Readonly<Record<string, keyof SampledEvents>> = {
  leased: 'leases',
  released: 'releases',
  flooded: 'floods',
  method_flooded: 'floods',
};

type Samples = Pick<MonitoringStore, 'sample' | 'addWaits' | 'sumUpHour' | 'samples' | 'pruneSamples'>;

/** The samples of what the pool did. */
export function poolSamples(units: UnitOfWorkRunner): Samples {
  return {
    sample: (from, to, counts, afterId) =>
      units.run(async (unit) => {
        const { newestId, ...events } = await eventsOf(unit, from, to, afterId);
        const { poolSamples } = unit.tables;
        const taken = { ...counts, ...events };
        await unit.db
          .insert(poolSamples)
          .values({ step: MINUTE_SECONDS, at: from, ...taken })
          .onConflictDoUpdate({ target: [poolSamples.step, poolSamples.at], set: taken });
        return newestId;
      }),
    addWaits: (at, { granted, refused, waitedMs, longestWaitMs }) =>
      units.run(async ({ db, tables: { poolSamples: kept } }) => {
        await db
          .insert(kept)
          .values({ step: MINUTE_SECONDS, at, granted, refused, waitedMs, longestWaitMs })
          .onConflictDoUpdate({
            target: [kept.step, kept.at],
            set: {
              granted: sql`${kept.granted} + ${granted}`,
              refused: sql`${kept.refused} + ${refused}`,
              waitedMs: sql`${kept.waitedMs} + ${waitedMs}`,
              longestWaitMs: sql`CASE WHEN ${kept.longestWaitMs} > ${longestWaitMs}
                THEN ${kept.longestWaitMs} ELSE ${longestWaitMs} END`,
            },
          });
      }),
    sumUpHour: (at) => units.run((unit) => sumUpHour(unit, at)),
    samples: (step, from, to, limit) =>
      units.run(async ({ db, tables: { poolSamples } }) => {
        const { at } = poolSamples;
        const within = and(eq(poolSamples.step, step), gte(at, from), lt(at, to));
        const rows = await db.select().from(poolSamples).where(within).orderBy(asc(at)).limit(limit);
        return rows.map(sampleOf);
      }),
    pruneSamples: (step, before, limit) =>
      units.run(async ({ db, tables: { poolSamples } }) => {
        const { at } = poolSamples;
        const old = and(eq(poolSamples.step, step), lt(at, before));
        const oldest = db.select({ at }).from(poolSamples).where(old).orderBy(asc(at)).limit(limit);
        const pruned = db.delete(poolSamples).where(and(old, inArray(at, oldest)));
        return affectedRows(await pruned);
      }),
  };
}

async function eventsOf(
  { db, tables: { history } }: UnitOfWork,
  from: number,
  to: number,
  afterId: number,
): Promise<SampledEvents & { readonly newestId: number }> {
  const [newest] = await db.select({ id: max(history.id) }).from(history);
  const newestId = newest?.id ?? 0;
  const after = Math.max(afterId - LATE_ROWS, newestId - MAX_HISTORY_ROWS);
  const within = and(gt(history.id, after), gte(history.at, from), lt(history.at, to));
  const rows = await db
    .select({ event: history.event, n: count() })
    .from(history)
    .where(and(within, inArray(history.event, Object.keys(COUNTED))))
    .groupBy(history.event);
  const sums = { leases: 0, releases: 0, floods: 0 };
  for (const { event, n } of rows) {
    const counted = COUNTED[event];
    if (counted) sums[counted] += n;
  }
  return { ...sums, newestId };
}

/** Means of the counts, and sums of the rest. Computed anew each time: a late replica may have added to a minute. */
async function sumUpHour({ db, tables: { poolSamples: kept } }: UnitOfWork, at: number): Promise<void> {
  const to = at + HOUR_SECONDS * 1000;
  const within = and(eq(kept.step, MINUTE_SECONDS), gte(kept.at, at), lt(kept.at, to));
  const mean = (column: AnyPgColumn) => sql<number | null>`CAST(round(avg(${column})) AS integer)`;
  const sum = (column: AnyPgColumn) =>
    sql<number>`CAST(coalesce(sum(${column}), 0) AS bigint)`.mapWith(Number);
  const [{ minutes, ...hour } = { minutes: 0 }] = await db
    .select({
      ...{ free: mean(kept.free), inUse: mean(kept.inUse), inFloodwait: mean(kept.inFloodwait) },
      ...{ unavailable: mean(kept.unavailable), waiting: mean(kept.waiting) },
      ...{ leases: sum(kept.leases), releases: sum(kept.releases), floods: sum(kept.floods) },
      ...{ granted: sum(kept.granted), refused: sum(kept.refused), waitedMs: sum(kept.waitedMs) },
      longestWaitMs: sql<number>`coalesce(max(${kept.longestWaitMs}), 0)`.mapWith(Number),
      minutes: count(),
    })
    .from(kept)
    .where(within);
  if (minutes === 0) return;
  await db
    .insert(kept)
    .values({ step: HOUR_SECONDS, at, ...hour })
    .onConflictDoUpdate({ target: [kept.step, kept.at], set: hour });
}

function sampleOf(row: Tables['poolSamples']['$inferSelect']): PoolSample {
  const { at, free, inUse, inFloodwait, unavailable, waiting } = row;
  const { leases, releases, floods, granted, refused, waitedMs, longestWaitMs } = row;
  const isTaken = free !== null && inUse !== null && inFloodwait !== null;
  const counts = isTaken
    ? { free, inUse, inFloodwait, unavailable: unavailable ?? 0, waiting: waiting ?? 0 }
    : null;
  return { at, counts, leases, releases, floods, granted, refused, waitedMs, longestWaitMs };
}
