import { sql } from 'drizzle-orm';
import type { Db } from './connection.js';

/**
 * What a transaction may have for itself; taken in this order, and before any row. `identities`: who has which
 * name and which auth key. `runs`: which replica carries out which run. `targets`: which source stores where.
 */
const KINDS = { identities: 1, idempotencyKey: 2, holder: 3, runs: 4, targets: 5 } as const;

/**
 * Waits until no other transaction has this lock, and keeps it until this one ends. Of two names that are
 * hashed alike, one waits for the other without need.
 */
export async function lockShared(db: Db, kind: keyof typeof KINDS, name = ''): Promise<void> {
  await db.execute(sql`SELECT pg_advisory_xact_lock(${KINDS[kind]}, hashtext(${name}))`);
}
