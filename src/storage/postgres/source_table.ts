import { and, asc, eq, gt, isNotNull, isNull, ne, or } from 'drizzle-orm';
import type { Page } from '../../kernel/page.js';
import type { RunReason } from '../../scraping/store.js';
import type { Source, SourceFacts, SourceOutcome, SourceSecrets, SourceStore } from '../../sources/store.js';
import { sourceColumns } from '../source_columns.js';
import { overlapping, type Placed } from '../target_overlap.js';
import type { Db } from './connection.js';
import type { InTransaction } from './in_transaction.js';
import { RunRows } from './run_rows.js';
import { sessions } from './schema.js';
import { sources } from './scraping_schema.js';
import { lockShared } from './shared_locks.js';

/** Sources, in PostgreSQL. */
export class SourceTable implements SourceStore {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  create(wanted: SourceFacts, first: RunReason | null, now: number): Promise<SourceOutcome> {
    return this.#run(async (db) => {
      await lockShared(db, 'targets');
      if (await lacks(db, wanted.sessionId)) return { kind: 'unknown_session' };
      const by = await storingAt(db, wanted);
      if (by !== null) return { kind: 'path_taken', by };
      const values = { ...sourceColumns(wanted), createdAt: now, updatedAt: now };
      const [source] = await db.insert(sources).values(values).returning();
      if (!source) throw new Error('the source that was made did not come back');
      if (first) await new RunRows(db).add(source.id, first, now);
      return { kind: 'done', source };
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
      if (change.target ?? change.targetPath) await lockShared(db, 'targets');
      const [before] = await db.select().from(sources).where(eq(sources.id, id)).for('update');
      if (!before) return { kind: 'unknown' };
      if (await lacks(db, change.sessionId)) return { kind: 'unknown_session' };
      const by = await storingAt(db, { ...before, ...change }, id);
      if (by !== null) return { kind: 'path_taken', by };
      const values = { ...sourceColumns(change), updatedAt: now };
      const [edited] = await db.update(sources).set(values).where(eq(sources.id, id)).returning();
      return edited ? { kind: 'done', source: edited } : { kind: 'unknown' };
    });
  }

  fillTitle(id: number, channelTitle: string): Promise<void> {
    return this.#run(async (db) => {
      const untitled = and(eq(sources.id, id), isNull(sources.channelTitle));
      await db.update(sources).set({ channelTitle }).where(untitled);
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

  keepBotSession(id: number, botToken: string, botSession: string | null): Promise<void> {
    return this.#run(async (db) => {
      const unchanged = and(eq(sources.id, id), eq(sources.botToken, botToken));
      await db.update(sources).set({ botSession }).where(unchanged);
    });
  }

  secrets(afterId: number, limit: number): Promise<({ id: number } & SourceSecrets)[]> {
    const { id, apiHash, botToken, botSession } = sources;
    const any = or(...[apiHash, botToken, botSession].map(isNotNull));
    return this.#run((db) =>
      db
        .select({ id, apiHash, botToken, botSession })
        .from(sources)
        .where(and(gt(id, afterId), any))
        .orderBy(asc(sources.id))
        .limit(limit),
    );
  }

  replaceSecret(id: number, name: keyof SourceSecrets, before: string, after: string): Promise<void> {
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

/** The source that stores where this one would; null: there is none. */
async function storingAt(db: Db, wanted: Placed, id = 0): Promise<number | null> {
  const overlap = overlapping(sources, wanted);
  if (!overlap) return null;
  const others = and(overlap, ne(sources.id, id));
  const [other] = await db.select({ id: sources.id }).from(sources).where(others).limit(1);
  return other?.id ?? null;
}
