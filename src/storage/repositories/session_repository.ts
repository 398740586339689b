import {
  and,
  asc,
  count,
  eq,
  exists,
  gt,
  inArray,
  isNull,
  ne,
  notExists,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { foldName } from '../../intake/names.js';
import type { Condition } from '../../pool/account_condition.js';
import { freeSince, isHeld } from '../../pool/session_state.js';
import { STATES } from '../../pool/states.js';
import type { SessionFilter, SessionOrder, SessionStore } from '../../sessions/store.js';
import type { SessionRow } from '../tables.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { contains, sortedBy } from './listing.js';
import { sessionsNamed } from './login_conflicts.js';
import { sessionDetails } from './session_details.js';
import { SessionFiles } from './session_files.js';
import { sessionRecord } from './session_record.js';
import { sourceReferringTo } from './source_repository.js';
import { hasAllTags } from './tag_filter.js';
import { applyLimits } from './tag_limit_repository.js';

const BY_ID: SessionOrder = { by: 'id', descending: false };

const HELD = STATES.filter((state) => isHeld({ state }));

/** The sessions as admins see and edit them. */
export function sessionRepository(units: UnitOfWorkRunner): SessionStore {
  return { ...lists(units), ...changes(units), ...sessionDetails(units) };
}

function lists(
  units: UnitOfWorkRunner,
): Pick<SessionStore, 'session' | 'sessions' | 'count' | 'methodFloods' | 'tags' | 'within' | 'ofPhone'> {
  return {
    session: (id) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const [row] = await db.select().from(sessions).where(eq(sessions.id, id));
        return row ? sessionRecord(row) : null;
      }),
    sessions: ({ skip, limit }, filter = {}, order = BY_ID) =>
      units.run(async (unit) => {
        const { sessions } = unit.tables;
        const sorted = orderOf(unit, order);
        // Of an order without an index of its own, only ids are sorted: those lie in a smaller index.
        const page = unit.db
          .select({ id: sessions.id })
          .from(sessions)
          .where(await matching(unit, filter))
          .orderBy(...sorted)
          .limit(limit)
          .offset(skip);
        const rows = unit.db.select().from(sessions).where(inArray(sessions.id, page));
        return (await rows.orderBy(...sorted)).map(sessionRecord);
      }),
    count: (filter = {}) =>
      units.run(async (unit) => {
        const found = unit.db.select({ n: count() }).from(unit.tables.sessions);
        const [row] = await found.where(await matching(unit, filter));
        return row?.n ?? 0;
      }),
    methodFloods: (ids, now) =>
      units.run(({ db, tables: { methodFloods } }) => {
        const { sessionId, until, method } = methodFloods;
        const lasting = and(inArray(sessionId, [...ids]), gt(until, now));
        return db
          .select({ sessionId, method, until })
          .from(methodFloods)
          .where(lasting)
          .orderBy(asc(sessionId), asc(until), asc(method));
      }),
    tags: (after, limit) => units.run((unit) => tagsAfter(unit, after, limit)),
    within: (ids, tags, holder) =>
      units.run(async (unit) => {
        const { sessions } = unit.tables;
        const held = and(inArray(sessions.state, HELD), eq(sessions.leaseHolder, holder));
        const seen = or(hasAllTags(unit, tags) ?? sql`true`, held);
        const found = unit.db.select({ id: sessions.id }).from(sessions);
        const rows = await found.where(and(inArray(sessions.id, [...ids]), seen)).orderBy(asc(sessions.id));
        return rows.map(({ id }) => id);
      }),
    ofPhone: (phoneNumber) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const named = and(isNull(sessions.phoneNumber), eq(sessions.name, phoneNumber.replace(/^\+/, '')));
        const rows = await db
          .select()
          .from(sessions)
          .where(or(eq(sessions.phoneNumber, phoneNumber), named))
          .orderBy(sql`${sessions.state} <> 'free'`, asc(sessions.id));
        return rows.map(sessionRecord);
      }),
  };
}

async function matching(unit: UnitOfWork, filter: SessionFilter): Promise<SQL | undefined> {
  const { sessions } = unit.tables;
  const { tags = [], q, state, condition, format, proxyIds } = filter;
  return and(
    hasAllTags(unit, tags),
    state === undefined ? undefined : eq(sessions.state, state),
    condition === undefined ? undefined : inCondition(unit, condition),
    format === undefined ? undefined : eq(sessions.format, format),
    proxyIds === undefined ? undefined : throughProxy(unit, proxyIds),
    q === undefined ? undefined : await containing(unit, q),
  );
}

function inCondition({ tables: { sessions } }: UnitOfWork, condition: Condition): SQL | undefined {
  if (condition === 'dead') return eq(sessions.state, 'dead');
  return and(eq(sessions.condition, condition), ne(sessions.state, 'dead'));
}

function throughProxy({ tables: { sessions } }: UnitOfWork, proxyIds: readonly number[] | null): SQL {
  return proxyIds === null ? isNull(sessions.proxyId) : inArray(sessions.proxyId, [...proxyIds]);
}

/** Jumps from one tag to the next in the index: the cost does not grow with the number of sessions. */
async function tagsAfter(unit: UnitOfWork, after: string, limit: number): Promise<string[]> {
  const { sessionTags } = unit.tables;
  const tag = unit.byteOrder(sessionTags.tag);
  const found: string[] = [];
  for (let last = after; found.length < limit; ) {
    const next = unit.db.select({ tag: sessionTags.tag }).from(sessionTags).where(sql`${tag} > ${last}`);
    const [row] = await next.orderBy(asc(tag)).limit(1);
    if (!row) break;
    found.push(row.tag);
    last = row.tag;
  }
  return found;
}

/** So many different tags are looked through one by one. */
const FEW_TAGS = 50;

/** That the text is part of the name, the phone number or a tag. */
async function containing(unit: UnitOfWork, q: string): Promise<SQL | undefined> {
  const { sessions } = unit.tables;
  const inTag = await withTagContaining(unit, q);
  return or(contains(sessions.foldedName, foldName(q)), contains(sessions.phoneNumber, q), inTag);
}

/** Where there are few tags, sessions without a matching one are not asked for theirs: that takes most of the time. */
async function withTagContaining(unit: UnitOfWork, q: string): Promise<SQL | undefined> {
  const { sessions, sessionTags } = unit.tables;
  const tags = await tagsAfter(unit, '', FEW_TAGS + 1);
  const tagged = unit.db.select({ id: sessionTags.sessionId }).from(sessionTags);
  if (tags.length > FEW_TAGS) {
    const ofSession = eq(sessionTags.sessionId, sessions.id);
    return exists(tagged.where(and(ofSession, contains(sessionTags.tag, q))));
  }
  const found = tags.filter((tag) => tag.includes(q));
  return found.length === 0 ? undefined : inArray(sessions.id, tagged.where(inArray(sessionTags.tag, found)));
}

function orderOf(unit: UnitOfWork, { by, descending }: SessionOrder): SQL[] {
  const { sessions } = unit.tables;
  const columns = {
    id: sessions.id,
    name: unit.byteOrder(sessions.foldedName),
    phone_number: unit.byteOrder(sessions.phoneNumber),
    status: unit.byteOrder(sessions.state),
    status_until: sessions.stateUntil,
    format: unit.byteOrder(sessions.format),
    created_at: sessions.createdAt,
    updated_at: sessions.updatedAt,
    last_checked_at: sessions.lastCheckedAt,
    last_used_at: sessions.lastUsedAt,
    health: sql`100 - ${sessions.healthPenalty}`,
  };
  const sorted = sortedBy(columns[by], { descending, id: sessions.id, nullable: NULLABLE.has(by) });
  return by === 'last_used_at' ? [sql`${sessions.lastUsedAt} = 0`, ...sorted] : sorted;
}

/** What some sessions lack. */
const NULLABLE: ReadonlySet<SessionOrder['by']> = new Set([
  'phone_number',
  'status_until',
  'last_checked_at',
]);

function changes(units: UnitOfWorkRunner): Pick<SessionStore, 'edit' | 'rename' | 'remove' | 'dropProxy'> {
  return {
    async edit(id, { tags, active, proxyId }, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const { sessions } = unit.tables;
        if (active !== undefined) await unit.lock('identities');
        const row = await unit.byId(id, now);
        if (!row) return null;
        const tagged = tags ? await applyLimits(unit, await retag(unit, row, tags, now), now) : row;
        if (proxyId !== undefined) {
          await unit.db.update(sessions).set({ proxyId, updatedAt: now }).where(eq(sessions.id, id));
        }
        if (active !== undefined) await new SessionFiles(unit).setInactive(tagged, !active, now);
        const [edited] = await unit.db.select().from(sessions).where(eq(sessions.id, id));
        return edited ? sessionRecord(edited) : null;
      });
    },
    async rename(id, to, leaseId, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const { sessions } = unit.tables;
        await unit.lock('identities');
        const row = await unit.byId(id, now);
        if (!row) return { kind: 'unknown' };
        if (isHeldByAnother(row, leaseId)) return { kind: 'in_use' };
        const other = (await sessionsNamed(unit, to.name)).find((named) => named.id !== id);
        if (other) return { kind: 'name_taken', sessionId: other.id, sessionName: other.name };
        // An impossible fingerprint: the next scan reads the files under their new name.
        const changed = { ...to, foldedName: foldName(to.name), fingerprint: '', updatedAt: now };
        await unit.db.update(sessions).set(changed).where(eq(sessions.id, id));
        const renamed = { ...row, ...changed };
        unit.record(renamed, { at: now, event: 'renamed', detail: `${row.name} → ${to.name}` });
        return { kind: 'renamed', session: sessionRecord(renamed) };
      });
    },
    async remove(id, leaseId, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        await unit.lock('identities');
        const row = await unit.byId(id, now);
        if (!row) return { kind: 'unknown' };
        const source = await sourceReferringTo(unit, id);
        if (source) return { kind: 'referred', sourceId: source.id, sourceName: source.name };
        if (isHeldByAnother(row, leaseId)) return { kind: 'in_use' };
        await new SessionFiles(unit).drop(row, now);
        return { kind: 'removed', session: sessionRecord(row) };
      });
    },
    dropProxy: (id) =>
      units.run(async (unit) => {
        const { db, tables } = unit;
        const { proxies, sessions } = tables;
        // A transaction that is assigning it to a session has finished before the next statement reads.
        await unit.forUpdate(db.select().from(proxies).where(eq(proxies.id, id)));
        const users = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.proxyId, id));
        await db.delete(proxies).where(and(eq(proxies.id, id), notExists(users)));
      }),
  };
}

/** Replaces the tags of a locked session: in its row, and in the index of free sessions. Returns the updated row. */
async function retag(
  unit: UnitOfWork,
  row: SessionRow,
  given: readonly string[],
  now: number,
): Promise<SessionRow> {
  const { db, tables } = unit;
  const { sessions, sessionTags } = tables;
  const tags = [...new Set(given)];
  const changed = { tags, updatedAt: now };
  await db.update(sessions).set(changed).where(eq(sessions.id, row.id));
  await db.delete(sessionTags).where(eq(sessionTags.sessionId, row.id));
  const bearing = tags.map((tag) => ({ tag, sessionId: row.id, freeSince: freeSince(row) }));
  if (bearing.length > 0) await db.insert(sessionTags).values(bearing);
  if (row.state === 'free') unit.wakeWaiting();
  return { ...row, ...changed };
}

function isHeldByAnother(row: SessionRow, leaseId: string | null): boolean {
  return isHeld(row) && (leaseId === null || row.leaseId !== leaseId);
}
