import { and, asc, eq, gt, isNotNull, isNull, lt } from 'drizzle-orm';
import type { Identity, SessionStore } from '../../sessions/store.js';
import { sessions } from './schema.js';
import type { Units } from './units.js';

type Facts = Pick<
  SessionStore,
  | 'checked'
  | 'unchecked'
  | 'apiHashes'
  | 'saveApiHash'
  | 'credentials'
  | 'keptCredentials'
  | 'replaceCredentials'
>;

const CREDENTIALS = { id: sessions.id, credentials: sessions.credentials };

/** What is known of sessions beside their files: what Telegram told of them, and their secrets. */
export class SessionFacts implements Facts {
  readonly #units: Units;

  constructor(units: Units) {
    this.#units = units;
  }

  checked(id: number, identity: Identity, now: number): Promise<void> {
    return this.#units.run(async ({ db }) => {
      const [row] = await db.select().from(sessions).where(eq(sessions.id, id)).for('update');
      if (!row) return;
      const { userId = row.userId, phoneNumber = row.phoneNumber } = identity;
      const told = userId !== row.userId || phoneNumber !== row.phoneNumber;
      const changes = { userId, phoneNumber, lastCheckedAt: now, ...(told && { updatedAt: now }) };
      await db.update(sessions).set(changes).where(eq(sessions.id, id));
    });
  }

  /** Two walks of the same index: its cost does not grow with the pool. */
  unchecked(before: number, limit: number): Promise<number[]> {
    return this.#units.run(async ({ db }) => {
      const free = eq(sessions.state, 'free');
      const ids = () => db.select({ id: sessions.id }).from(sessions);
      const never = await ids()
        .where(and(free, isNull(sessions.lastCheckedAt)))
        .orderBy(asc(sessions.id))
        .limit(limit);
      const longAgo = await ids()
        .where(and(free, lt(sessions.lastCheckedAt, before)))
        .orderBy(asc(sessions.lastCheckedAt), asc(sessions.id))
        .limit(limit - never.length);
      return [...never, ...longAgo].map(({ id }) => id);
    });
  }

  apiHashes(afterId: number, limit: number): Promise<{ id: number; apiHash: string }[]> {
    return this.#units.run(async ({ db }) => {
      const rows = await db
        .select({ id: sessions.id, apiHash: sessions.apiHash })
        .from(sessions)
        .where(and(gt(sessions.id, afterId), isNotNull(sessions.apiHash)))
        .orderBy(asc(sessions.id))
        .limit(limit);
      return rows.flatMap(({ id, apiHash }) => (apiHash === null ? [] : [{ id, apiHash }]));
    });
  }

  saveApiHash(id: number, apiHash: string): Promise<void> {
    return this.#units.run(async ({ db }) => {
      await db.update(sessions).set({ apiHash }).where(eq(sessions.id, id));
    });
  }

  credentials(id: number): Promise<string | null> {
    return this.#units.run(async ({ db }) => {
      const [row] = await db.select(CREDENTIALS).from(sessions).where(eq(sessions.id, id));
      return row?.credentials ?? null;
    });
  }

  keptCredentials(afterId: number, limit: number): Promise<{ id: number; credentials: string }[]> {
    return this.#units.run(async ({ db }) => {
      const rows = await db
        .select(CREDENTIALS)
        .from(sessions)
        .where(and(gt(sessions.id, afterId), isNotNull(sessions.credentials)))
        .orderBy(asc(sessions.id))
        .limit(limit);
      return rows.flatMap(({ id, credentials }) => (credentials === null ? [] : [{ id, credentials }]));
    });
  }

  replaceCredentials(id: number, before: string, after: string): Promise<void> {
    return this.#units.run(async ({ db }) => {
      const unchanged = and(eq(sessions.id, id), eq(sessions.credentials, before));
      await db.update(sessions).set({ credentials: after }).where(unchanged);
    });
  }
}
