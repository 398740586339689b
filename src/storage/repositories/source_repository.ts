import { and, asc, count, eq, gt, inArray, isNotNull, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import { foldName } from '../../intake/names.js';
import type {
  SourceFilter,
  SourceOrder,
  SourceOutcome,
  SourceSettings,
  SourceStore,
} from '../../sources/store.js';
import { overlappingPaths, type Placement } from '../../sources/targets.js';
import { affectedRows, type UnitOfWork, type UnitOfWorkRunner } from '../unit_of_work.js';
import { bumpRevision } from './deployment_rows.js';
import { sortedBy } from './listing.js';
import { addRun } from './run_rows.js';

/** Sources. */
export function sourceRepository(units: UnitOfWorkRunner): SourceStore {
  return { ...lists(units), ...changes(units), ...secrets(units) };
}

const BY_ID: SourceOrder = { by: 'id', descending: false };

function lists(
  units: UnitOfWorkRunner,
): Pick<SourceStore, 'source' | 'sources' | 'count' | 'sessionNames' | 'named' | 'scheduled'> {
  return {
    source: (id) =>
      units.run(async ({ db, tables: { sources } }) => {
        const [row] = await db.select().from(sources).where(eq(sources.id, id));
        return row ?? null;
      }),
    sources: ({ skip, limit }, filter = {}, order = BY_ID) =>
      units.run(async (unit) => {
        const found = unit.db.select().from(unit.tables.sources);
        return found
          .where(await matching(unit, filter))
          .orderBy(...orderOf(unit, order))
          .limit(limit)
          .offset(skip);
      }),
    count: (filter = {}) =>
      units.run(async (unit) => {
        const found = unit.db.select({ n: count() }).from(unit.tables.sources);
        const [row] = await found.where(await matching(unit, filter));
        return row?.n ?? 0;
      }),
    sessionNames: (ids) =>
      units.run(({ db, tables: { sources, sessions } }) => {
        const named = db.select({ sourceId: sources.id, sessionName: sessions.name }).from(sources);
        return named
          .innerJoin(sessions, eq(sessions.id, sources.sessionId))
          .where(inArray(sources.id, [...ids]));
      }),
    named: (name) =>
      units.run(async ({ db, tables: { sources } }) => {
        const named = db.select().from(sources).where(eq(sources.name, name));
        const [first] = await named.orderBy(asc(sources.id)).limit(1);
        return first ?? null;
      }),
    scheduled: (afterId, limit) =>
      units.run(async ({ db, tables: { sources } }) => {
        const { id, schedule, isActive } = sources;
        const rows = await db
          .select({ id, schedule })
          .from(sources)
          .where(and(gt(id, afterId), eq(isActive, true), isNotNull(schedule)))
          .orderBy(asc(id))
          .limit(limit);
        return rows.flatMap(({ id, schedule }) => (schedule === null ? [] : [{ id, schedule }]));
      }),
  };
}

async function matching(unit: UnitOfWork, filter: SourceFilter): Promise<SQL | undefined> {
  const { sources } = unit.tables;
  const { q, active, accessLevel, target, sessionId, runState } = filter;
  return and(
    active === undefined ? undefined : eq(sources.isActive, active),
    accessLevel === undefined ? undefined : eq(sources.accessLevel, accessLevel),
    target === undefined ? undefined : eq(sources.target, target),
    sessionId === undefined ? undefined : eq(sources.sessionId, sessionId),
    runState === undefined ? undefined : lastRunIs(runState),
    q === undefined ? undefined : inArray(sources.id, await containing(unit, q)),
  );
}

/** Reads the end of the source's index range. */
function lastRunIs(state: NonNullable<SourceFilter['runState']>): SQL {
  return sql`(SELECT r.state FROM runs AS r WHERE r.source_id = sources.id ORDER BY r.id DESC LIMIT 1) = ${state}`;
}

/** A statement takes no more ids than this. */
const MAX_FOUND = 20_000;

/** The sources with the text in them. SQLite's `lower` knows the case of ASCII letters only. */
async function containing({ db, tables: { sources } }: UnitOfWork, q: string): Promise<number[]> {
  const { id, name, identifier, channelTitle } = sources;
  const rows = await db.select({ id, name, identifier, channelTitle }).from(sources).orderBy(asc(id));
  const wanted = foldName(q);
  const found = rows.filter((row) =>
    [row.name, row.identifier, row.channelTitle ?? ''].some((text) => foldName(text).includes(wanted)),
  );
  return found.slice(0, MAX_FOUND).map((row) => row.id);
}

function orderOf(unit: UnitOfWork, { by, descending }: SourceOrder): SQL[] {
  const { sources } = unit.tables;
  const columns = {
    id: sources.id,
    name: unit.byteOrder(sources.name),
    identifier: unit.byteOrder(sources.identifier),
    target: unit.byteOrder(sources.target),
    created_at: sources.createdAt,
    updated_at: sources.updatedAt,
    last_scraped_at: sources.lastScrapedAt,
    total_messages_scraped: sources.totalMessages,
    total_files_downloaded: sources.totalFiles,
  };
  return sortedBy(columns[by], { descending, id: sources.id, nullable: by === 'last_scraped_at' });
}

function changes(units: UnitOfWorkRunner): Pick<SourceStore, 'create' | 'edit' | 'fillTitle' | 'remove'> {
  return {
    create: (wanted, first, now) =>
      units.run(async (unit) => {
        await unit.lock('targets');
        const refusal = await refusalOf(unit, wanted.sessionId, wanted);
        if (refusal) return refusal;
        const values = { ...rowValues(wanted), createdAt: now, updatedAt: now };
        const [source] = await unit.db.insert(unit.tables.sources).values(values).returning();
        if (!source) throw new Error('the inserted source was not returned');
        await bumpRevision(unit, source.id);
        if (first) await addRun(unit, source.id, first, now);
        return { kind: 'done', source };
      }),
    edit: (id, change, now) =>
      units.run(async (unit) => {
        const { db, tables } = unit;
        const { sources } = tables;
        if (change.target ?? change.targetPath) await unit.lock('targets');
        const [before] = await unit.forUpdate(db.select().from(sources).where(eq(sources.id, id)));
        if (!before) return { kind: 'unknown' };
        const refusal = await refusalOf(unit, change.sessionId, { ...before, ...change }, id);
        if (refusal) return refusal;
        const values = { ...rowValues(change), updatedAt: now };
        const [edited] = await db.update(sources).set(values).where(eq(sources.id, id)).returning();
        if (!edited) return { kind: 'unknown' };
        await bumpRevision(unit, id, change.schedule !== undefined);
        return { kind: 'done', source: edited };
      }),
    fillTitle: (id, channelTitle) =>
      units.run(async (unit) => {
        const { sources } = unit.tables;
        const untitled = and(eq(sources.id, id), isNull(sources.channelTitle));
        const filled = await unit.db.update(sources).set({ channelTitle }).where(untitled);
        if (affectedRows(filled) > 0) await bumpRevision(unit, id);
      }),
    remove: (id) =>
      units.run(async (unit) => {
        const { sources } = unit.tables;
        const [removed] = await unit.db.delete(sources).where(eq(sources.id, id)).returning();
        if (removed) await bumpRevision(unit, id);
        return removed ?? null;
      }),
  };
}

function secrets(units: UnitOfWorkRunner): Pick<SourceStore, 'keepBotSession' | 'secrets' | 'replaceSecret'> {
  return {
    keepBotSession: (id, botToken, botSession) =>
      units.run(async ({ db, tables: { sources } }) => {
        const unchanged = and(eq(sources.id, id), eq(sources.botToken, botToken));
        await db.update(sources).set({ botSession }).where(unchanged);
      }),
    secrets: (afterId, limit) =>
      units.run(({ db, tables: { sources } }) => {
        const { id, apiHash, botToken, botSession } = sources;
        const any = or(...[apiHash, botToken, botSession].map(isNotNull));
        const found = db.select({ id, apiHash, botToken, botSession }).from(sources);
        return found
          .where(and(gt(id, afterId), any))
          .orderBy(asc(id))
          .limit(limit);
      }),
    replaceSecret: (id, name, before, after) =>
      units.run(async ({ db, tables: { sources } }) => {
        const unchanged = and(eq(sources.id, id), eq(sources[name], before));
        await db
          .update(sources)
          .set({ [name]: after })
          .where(unchanged);
      }),
  };
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

/** Why a source with these settings is refused; null: it is not. An existing session stays until the transaction ends. */
async function refusalOf(
  unit: UnitOfWork,
  sessionId: number | null | undefined,
  placement: Placement,
  id?: number,
): Promise<SourceOutcome | null> {
  if (await lacks(unit, sessionId)) return { kind: 'unknown_session' };
  const by = await storingAt(unit, placement, id);
  return by === null ? null : { kind: 'path_taken', by };
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
