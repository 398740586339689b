import { and, asc, eq, gt, isNotNull, isNull, ne, or } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Page } from '../../kernel/page.js';
import type { RunReason } from '../../scraping/store.js';
import type { Source, SourceFacts, SourceOutcome, SourceSecrets, SourceStore } from '../../sources/store.js';
import { sourceColumns } from '../source_columns.js';
import type { Synchronous } from '../synchronous.js';
import { overlapping, type Placed } from '../target_overlap.js';
import { RunRows } from './run_rows.js';
import { sources } from './scraping_schema.js';
import type { SessionRows } from './session_rows.js';

/** Sources, in SQLite. */
export class SourceTable implements Synchronous<SourceStore> {
  readonly #db: BetterSQLite3Database;
  readonly #rows: SessionRows;

  constructor(db: BetterSQLite3Database, rows: SessionRows) {
    this.#db = db;
    this.#rows = rows;
  }

  create(wanted: SourceFacts, first: RunReason | null, now: number): SourceOutcome {
    if (this.#lacks(wanted.sessionId)) return { kind: 'unknown_session' };
    const by = this.#storingAt(wanted);
    if (by !== null) return { kind: 'path_taken', by };
    const values = { ...sourceColumns(wanted), createdAt: now, updatedAt: now };
    const source = this.#db.insert(sources).values(values).returning().get();
    if (first) new RunRows(this.#db).add(source.id, first, now);
    return { kind: 'done', source };
  }

  source(id: number): Source | null {
    return this.#db.select().from(sources).where(eq(sources.id, id)).get() ?? null;
  }

  sources({ skip, limit }: Page): Source[] {
    return this.#db.select().from(sources).orderBy(asc(sources.id)).limit(limit).offset(skip).all();
  }

  named(name: string): Source | null {
    const first = this.#db.select().from(sources).where(eq(sources.name, name)).orderBy(asc(sources.id));
    return first.limit(1).get() ?? null;
  }

  edit(id: number, change: Partial<SourceFacts>, now: number): SourceOutcome {
    const before = this.source(id);
    if (!before) return { kind: 'unknown' };
    if (this.#lacks(change.sessionId)) return { kind: 'unknown_session' };
    const by = this.#storingAt({ ...before, ...change }, id);
    if (by !== null) return { kind: 'path_taken', by };
    const values = { ...sourceColumns(change), updatedAt: now };
    const edited = this.#db.update(sources).set(values).where(eq(sources.id, id)).returning().get();
    return { kind: 'done', source: edited };
  }

  fillTitle(id: number, channelTitle: string): void {
    const untitled = and(eq(sources.id, id), isNull(sources.channelTitle));
    this.#db.update(sources).set({ channelTitle }).where(untitled).run();
  }

  remove(id: number): Source | null {
    return this.#db.delete(sources).where(eq(sources.id, id)).returning().get() ?? null;
  }

  scheduled(afterId: number, limit: number): { id: number; schedule: string }[] {
    const active = and(eq(sources.isActive, true), isNotNull(sources.schedule));
    return this.#db
      .select({ id: sources.id, schedule: sources.schedule })
      .from(sources)
      .where(and(gt(sources.id, afterId), active))
      .orderBy(asc(sources.id))
      .limit(limit)
      .all()
      .flatMap(({ id, schedule }) => (schedule === null ? [] : [{ id, schedule }]));
  }

  keepBotSession(id: number, botToken: string, botSession: string | null): void {
    const unchanged = and(eq(sources.id, id), eq(sources.botToken, botToken));
    this.#db.update(sources).set({ botSession }).where(unchanged).run();
  }

  secrets(afterId: number, limit: number): ({ id: number } & SourceSecrets)[] {
    const { id, apiHash, botToken, botSession } = sources;
    const any = or(...[apiHash, botToken, botSession].map(isNotNull));
    return this.#db
      .select({ id, apiHash, botToken, botSession })
      .from(sources)
      .where(and(gt(id, afterId), any))
      .orderBy(asc(sources.id))
      .limit(limit)
      .all();
  }

  replaceSecret(id: number, name: keyof SourceSecrets, before: string, after: string): void {
    const unchanged = and(eq(sources.id, id), eq(sources[name], before));
    this.#db
      .update(sources)
      .set({ [name]: after })
      .where(unchanged)
      .run();
  }

  /** Whether a session is named, and not there. */
  #lacks(sessionId: number | null | undefined): boolean {
    return sessionId !== null && sessionId !== undefined && !this.#rows.byId(sessionId);
  }

  /** The source that stores where this one would; null: there is none. */
  #storingAt(wanted: Placed, id = 0): number | null {
    const overlap = overlapping(sources, wanted);
    if (!overlap) return null;
    const others = and(overlap, ne(sources.id, id));
    return this.#db.select({ id: sources.id }).from(sources).where(others).limit(1).get()?.id ?? null;
  }
}
