import { and, asc, eq, gt, inArray, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import type { Page } from '../../kernel/page.js';
import type { RunReason } from '../../runs/store.js';
import type {
  Source,
  SourceOutcome,
  SourceSecrets,
  SourceSettings,
  SourceStore,
} from '../../sources/store.js';
import { overlappingPaths, type Placement } from '../../sources/targets.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { addRun } from './run_rows.js';

/** Sources. */
export class SourceRepository implements SourceStore {
  readonly #units: UnitOfWorkRunner;

  constructor(units: UnitOfWorkRunner) {
    this.#units = units;
  }

  create(wanted: SourceSettings, first: RunReason | null, now: number): Promise<SourceOutcome> {
    return this.#units.run(async (unit) => {
      await unit.lock('targets');
      if (await lacks(unit, wanted.sessionId)) return { kind: 'unknown_session' };
      const by = await storingAt(unit, wanted);
      if (by !== null) return { kind: 'path_taken', by };
      const values = { ...rowValues(wanted), createdAt: now, updatedAt: now };
      const [source] = await unit.db.insert(unit.tables.sources).values(values).returning();
      if (!source) throw new Error('the inserted source was not returned');
      if (first) await addRun(unit, source.id, first, now);
      return { kind: 'done', source };
    });
  }

  source(id: number): Promise<Source | null> {
    return this.#units.run(async ({ db, tables: { sources } }) => {
      const [row] = await db.select().from(sources).where(eq(sources.id, id));
      return row ?? null;
    });
  }

  sources({ skip, limit }: Page): Promise<Source[]> {
    return this.#units.run(({ db, tables: { sources } }) =>
      db.select().from(sources).orderBy(asc(sources.id)).limit(limit).offset(skip),
    );
  }

  named(name: string): Promise<Source | null> {
    return this.#units.run(async ({ db, tables: { sources } }) => {
      const named = db.select().from(sources).where(eq(sources.name, name));
      const [first] = await named.orderBy(asc(sources.id)).limit(1);
      return first ?? null;
    });
  }

  edit(id: number, change: Partial<SourceSettings>, now: number): Promise<SourceOutcome> {
    return this.#units.run(async (unit) => {
      const { db, tables } = unit;
      const { sources } = tables;
      if (change.target ?? change.targetPath) await unit.lock('targets');
      const [before] = await unit.forUpdate(db.select().from(sources).where(eq(sources.id, id)));
      if (!before) return { kind: 'unknown' };
      if (await lacks(unit, change.sessionId)) return { kind: 'unknown_session' };
      const by = await storingAt(unit, { ...before, ...change }, id);
      if (by !== null) return { kind: 'path_taken', by };
      const values = { ...rowValues(change), updatedAt: now };
      const [edited] = await db.update(sources).set(values).where(eq(sources.id, id)).returning();
      return edited ? { kind: 'done', source: edited } : { kind: 'unknown' };
    });
  }

  fillTitle(id: number, channelTitle: string): Promise<void> {
    return this.#units.run(async ({ db, tables: { sources } }) => {
      const untitled = and(eq(sources.id, id), isNull(sources.channelTitle));
      await db.update(sources).set({ channelTitle }).where(untitled);
    });
  }

  remove(id: number): Promise<Source | null> {
    return this.#units.run(async ({ db, tables: { sources } }) => {
      const [removed] = await db.delete(sources).where(eq(sources.id, id)).returning();
      return removed ?? null;
    });
  }

  scheduled(afterId: number, limit: number): Promise<{ id: number; schedule: string }[]> {
    return this.#units.run(async ({ db, tables: { sources } }) => {
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
    return this.#units.run(async ({ db, tables: { sources } }) => {
      const unchanged = and(eq(sources.id, id), eq(sources.botToken, botToken));
      await db.update(sources).set({ botSession }).where(unchanged);
    });
  }

  secrets(afterId: number, limit: number): Promise<({ id: number } & SourceSecrets)[]> {
    return this.#units.run(({ db, tables: { sources } }) => {
      const { id, apiHash, botToken, botSession } = sources;
      const any = or(...[apiHash, botToken, botSession].map(isNotNull));
      return db
        .select({ id, apiHash, botToken, botSession })
        .from(sources)
        .where(and(gt(id, afterId), any))
        .orderBy(asc(sources.id))
        .limit(limit);
    });
  }

  replaceSecret(id: number, name: keyof SourceSecrets, before: string, after: string): Promise<void> {
    return this.#units.run(async ({ db, tables: { sources } }) => {
      const unchanged = and(eq(sources.id, id), eq(sources[name], before));
      await db
        .update(sources)
        .set({ [name]: after })
        .where(unchanged);
    });
  }
}

/** The first source that refers to the session, whose row is locked; undefined: none does. */
export async function sourceReferringTo(
  { db, tables: { sources } }: UnitOfWork,
  sessionId: number,
): Promise<{ readonly id: number; readonly name: string } | undefined> {
  const [first] = await db
    .select({ id: sources.id, name: sources.name })
    .from(sources)
    .where(eq(sources.sessionId, sessionId))
    .orderBy(asc(sources.id))
    .limit(1);
  return first;
}

/** A new token deletes the bot session of the old one. */
function rowValues<Settings extends Partial<SourceSettings>>(settings: Settings) {
  const { fileTypes, botToken } = settings;
  return {
    ...(settings as Omit<Settings, 'fileTypes'>),
    ...(fileTypes !== undefined && { fileTypes: fileTypes && [...fileTypes] }),
    ...(botToken !== undefined && { botSession: null }),
  };
}

/** Whether a named session is missing; an existing one stays until the transaction ends. */
async function lacks(unit: UnitOfWork, sessionId: number | null | undefined): Promise<boolean> {
  if (sessionId === null || sessionId === undefined) return false;
  const { sessions } = unit.tables;
  const named = unit.db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
  return (await unit.forUpdate(named, 'key share')).length === 0;
}

/** The source whose target path overlaps with this one's; null: there is none. */
async function storingAt(
  { db, tables: { sources } }: UnitOfWork,
  { target, targetPath }: Placement,
  id = 0,
): Promise<number | null> {
  // Without a path of its own, a source stores by its id.
  if (targetPath === null) return null;
  const { above, below } = overlappingPaths(targetPath);
  const prefix = sql`cast(${below} as text)`;
  const isBelow = sql`substr(${sources.targetPath}, 1, length(${prefix})) = ${prefix}`;
  const overlaps = or(inArray(sources.targetPath, [...above]), isBelow);
  const others = and(eq(sources.target, target), ne(sources.id, id), overlaps);
  const [other] = await db.select({ id: sources.id }).from(sources).where(others).limit(1);
  return other?.id ?? null;
}
