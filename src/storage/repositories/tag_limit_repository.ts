import { and, asc, count, eq, gt, inArray } from 'drizzle-orm';
import { MAX_TAG_LIMITS, type TagLimitStore } from '../../pool/tag_limits.js';
import { type UseLimit, usedUpUntil } from '../../pool/uses.js';
import type { SessionRow } from '../tables.js';
import { affectedRows, type UnitOfWork, type UnitOfWorkRunner } from '../unit_of_work.js';
import { settleIdle } from './idle_state.js';

/** The limits of tags. */
export function tagLimitRepository(units: UnitOfWorkRunner): TagLimitStore {
  return {
    list: () =>
      units.run((unit) => {
        const { tagLimits } = unit.tables;
        return unit.db.select().from(tagLimits).orderBy(unit.byteOrder(tagLimits.tag));
      }),
    set: ({ tag, ...limit }) =>
      units.run(async ({ db, tables: { tagLimits } }) => {
        const known = await db.select().from(tagLimits).where(eq(tagLimits.tag, tag));
        const [all] = await db.select({ n: count() }).from(tagLimits);
        if (known.length === 0 && (all?.n ?? 0) >= MAX_TAG_LIMITS) return false;
        const write = db.insert(tagLimits).values({ tag, ...limit });
        await write.onConflictDoUpdate({ target: tagLimits.tag, set: limit });
        return true;
      }),
    remove: (tag) =>
      units.run(async ({ db, tables: { tagLimits } }) => {
        return affectedRows(await db.delete(tagLimits).where(eq(tagLimits.tag, tag))) > 0;
      }),
    async apply(tag, afterId, limit, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const { sessionTags } = unit.tables;
        const { sessionId } = sessionTags;
        const tagged = unit.db.select({ id: sessionId }).from(sessionTags);
        const next = tagged.where(and(eq(sessionTags.tag, tag), gt(sessionId, afterId)));
        const found = await next.orderBy(asc(sessionId)).limit(limit);
        for (const { id } of found) {
          const row = await unit.byId(id, now);
          if (row) await applyLimits(unit, row, now);
        }
        return found.at(-1)?.id ?? null;
      });
    },
  };
}

/** The limits of these tags. */
export async function limitsOf(
  { db, tables: { tagLimits } }: UnitOfWork,
  tags: readonly string[],
): Promise<UseLimit[]> {
  if (tags.length === 0) return [];
  return db
    .select()
    .from(tagLimits)
    .where(inArray(tagLimits.tag, [...tags]));
}

/** Decides by the limits of its tags whether a locked session has had all its uses; returns the updated row. */
export async function applyLimits(unit: UnitOfWork, row: SessionRow, now: number): Promise<SessionRow> {
  const until = usedUpUntil(row, await limitsOf(unit, row.tags), now);
  if (until === row.usedUpUntil) return row;
  const after = await unit.write(row, { usedUpUntil: until });
  const entry = { at: now, event: until === null ? 'uses_left' : 'used_up' };
  return (await settleIdle(unit, after, entry)) ?? after;
}
