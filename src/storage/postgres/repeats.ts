import { and, eq, gt, sql } from 'drizzle-orm';
import { type AcquireRequest, IDEMPOTENCY_MS } from '../../pool/store.js';
import type { Db } from './connection.js';
import { idempotencyKeys } from './schema.js';

/** What a key was answered with before. */
export type Answered = typeof idempotencyKeys.$inferSelect;

/** What the request's idempotency key was answered with, counted as answered once more; null: it is new. */
export async function repeat(db: Db, holder: string, key: string, now: number): Promise<Answered | null> {
  const [before] = await db
    .update(idempotencyKeys)
    .set({ repeats: sql`${idempotencyKeys.repeats} + 1` })
    .where(
      and(
        eq(idempotencyKeys.holder, holder),
        eq(idempotencyKeys.key, key),
        gt(idempotencyKeys.createdAt, now - IDEMPOTENCY_MS),
      ),
    )
    .returning();
  return before ?? null;
}

/** Keeps what the request's idempotency key is answered with. */
export async function remember(
  db: Db,
  { holder, idempotencyKey: key, leaseId }: AcquireRequest,
  sessionId: number,
  now: number,
): Promise<void> {
  if (key === null) return;
  const answer = { sessionId, leaseId, repeats: 0, createdAt: now };
  await db
    .insert(idempotencyKeys)
    .values({ holder, key, ...answer })
    .onConflictDoUpdate({ target: [idempotencyKeys.holder, idempotencyKeys.key], set: answer });
}

/** Forgets the answer that nobody received. False: it was sent again since, so that somebody did. */
export async function forgetAnswer(db: Db, leaseId: string): Promise<boolean> {
  const ofLease = eq(idempotencyKeys.leaseId, leaseId);
  await db.delete(idempotencyKeys).where(and(ofLease, eq(idempotencyKeys.repeats, 0)));
  const left = await db.select().from(idempotencyKeys).where(ofLease).limit(1);
  return left.length === 0;
}
