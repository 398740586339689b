import { and, asc, eq, gt, isNotNull, or } from 'drizzle-orm';
import type { Page } from '../../pool/store.js';
import type { Source, SourceFacts, SourceOutcome, SourceStore } from '../../sources/store.js';
import { sourceColumns } from '../source_columns.js';
import type { Db } from './connection.js';
import type { InTransaction } from './in_transaction.js';
import { sessions } from './schema.js';
import { sources } from './scraping_schema.js';

/** Sources, in PostgreSQL. */
export class SourceTable implements SourceStore {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  create(source: SourceFacts, now: number): Promise<SourceOutcome> {
    return this.#run(async (db) => {
      if (await lacks(db, source.sessionId)) return { kind: 'unknown_session' };
      const values = { ...sourceColumns(source), createdAt: now, updatedAt: now };
      const [made] = await db.insert(sources).values(values).returning();
      if (!made) throw new Error('the source that was made did not come back');
      return { kind: 'done', source: made };
    });
  }

  source(id: number): Promise<Source | null> {
    return this.#run(async (db) => {
      const [row] = await db.select().from(sources).where(eq(sources.id, id));
      return row ?? null;
    });
  }

  sources({ skip, limit }: Page): Promise<Source[]> {
    return this.#run((db) => db.select().from(sources).orderBy(asc(sources.id)).limit(limit).offset(skip));
  }

  named(name: string): Promise<Source | null> {
    return this.#run(async (db) => {
      const bearing = db.select().from(sources).where(eq(sources.name, name));
      const [first] = await bearing.orderBy(asc(sources.id)).limit(1);
      return first ?? null;
    });
  }

  edit(id: number, change: Partial<SourceFacts>, now: number): Promise<SourceOutcome> {
    return this.#run(async (db) => {
      const known = db.select({ id: sources.id }).from(sources).where(eq(sources.id, id));
      if ((await known.for('update')).length === 0) return { kind: 'unknown' };
      if (await lacks(db, change.sessionId)) return { kind: 'unknown_session' };
      const values = { ...sourceColumns(change), updatedAt: now };
      const [edited] = await db.update(sources).set(values).where(eq(sources.id, id)).returning();
      return edited ? { kind: 'done', source: edited } : { kind: 'unknown' };
    });
  }

  remove(id: number): Promise<Source | null> {
    return this.#run(async (db) => {
      const [removed] = await db.delete(sources).where(eq(sources.id, id)).returning();
      return removed ?? null;
    });
  }

  scheduled(afterId: number, limit: number): Promise<{ id: number; schedule: string }[]> {
    return this.#run(async (db) => {
      const active = and(eq(sources.isActive, true), isNotNull(sources.schedule));
      const rows = await db
        .select({ id: sources.id, schedule: sources.schedule })
        .from(sources)
        .where(and(gt(sources.id, afterId), active))
        .orderBy(asc(sources.id))
        .limit(limit);
      return rows.flatMap(({ id, schedule }) => (schedule === null ? [] : [{ id, schedule }]));
    });
  }

  secrets(
    afterId: number,
    limit: number,
  ): Promise<{ id: number; apiHash: string | null; botToken: string | null }[]> {
    const secret = or(isNotNull(sources.apiHash), isNotNull(sources.botToken));
    return this.#run((db) =>
      db
        .select({ id: sources.id, apiHash: sources.apiHash, botToken: sources.botToken })
        .from(sources)
        .where(and(gt(sources.id, afterId), secret))
        .orderBy(asc(sources.id))
        .limit(limit),
    );
  }

  replaceSecret(id: number, name: 'apiHash' | 'botToken', before: string, after: string): Promise<void> {
    return this.#run(async (db) => {
      const unchanged = and(eq(sources.id, id), eq(sources[name], before));
      await db
        .update(sources)
        .set({ [name]: after })
        .where(unchanged);
    });
  }
}

/** Whether a session is named, and not there; one that is stays until the transaction ends. */
async function lacks(db: Db, sessionId: number | null | undefined): Promise<boolean> {
  if (sessionId === null || sessionId === undefined) return false;
  const named = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
  return (await named.for('key share')).length === 0;
}
