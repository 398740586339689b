import { and, asc, count, desc, eq, gt, inArray, isNotNull, lt, or, type SQL } from 'drizzle-orm';
import { foldName } from '../../intake/names.js';
import type { LeaseFilter, LeaseOrder, MonitoringStore, Upcoming } from '../../pool/monitoring_store.js';
import { statesBefore } from '../../pool/session_state.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { leaseRow } from './lease_repository.js';
import { contains, sortedBy } from './listing.js';
import { poolSamples } from './pool_samples.js';
import { hasAllTags } from './tag_filter.js';

/** What monitoring reads of the pool. */
export function monitoringRepository(units: UnitOfWorkRunner): MonitoringStore {
  return { ...leases(units), ...events(units), ...poolSamples(units) };
}

function leases(units: UnitOfWorkRunner): Pick<MonitoringStore, 'leases' | 'leaseCount'> {
  return {
    async leases({ skip, limit }, now, filter = {}, order = undefined) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const found = unit.db
          .select()
          .from(unit.tables.sessions)
          .where(leased(unit, now, filter));
        const rows = await found
          .orderBy(...leaseOrder(unit, order))
          .limit(limit)
          .offset(skip);
        return rows.map((row) => {
          const lease = leaseRow(row);
          const address = lease.processName === null ? row.leaseAddress : null;
          return { ...lease, address, fence: row.leaseFence };
        });
      });
    },
    async leaseCount(now, filter = {}) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const found = unit.db.select({ n: count() }).from(unit.tables.sessions);
        const [row] = await found.where(leased(unit, now, filter));
        return row?.n ?? 0;
      });
    },
  };
}

function leased(unit: UnitOfWork, now: number, { tags = [], q, holder }: LeaseFilter): SQL | undefined {
  const { sessions } = unit.tables;
  const { foldedName, leaseHolder, leaseAddress } = sessions;
  return and(
    inArray(sessions.state, statesBefore('renew')),
    gt(sessions.stateUntil, now),
    hasAllTags(unit, tags),
    holder === undefined ? undefined : eq(leaseHolder, holder),
    q === undefined
      ? undefined
      : or(contains(foldedName, foldName(q)), contains(leaseHolder, q), contains(leaseAddress, q)),
  );
}

/** The order of the index, unless another is given. */
function leaseOrder(unit: UnitOfWork, order: LeaseOrder | undefined): SQL[] {
  const { sessions } = unit.tables;
  if (order === undefined) return [asc(sessions.methodFlooded), asc(sessions.lastUsedAt), asc(sessions.id)];
  const columns = {
    leased_at: sessions.lastUsedAt,
    expires_at: sessions.stateUntil,
    session_name: unit.byteOrder(sessions.foldedName),
    holder: unit.byteOrder(sessions.leaseHolder),
  };
  return sortedBy(columns[order.by], { descending: order.descending, id: sessions.id, nullable: false });
}

function events(units: UnitOfWorkRunner): Pick<MonitoringStore, 'activity' | 'upcoming'> {
  return {
    activity: (before, limit, tags = []) =>
      units.run((unit) => {
        const { history, sessions } = unit.tables;
        const { id, sessionId, at, event, detail, holder } = history;
        const earlier = before === null ? undefined : lt(id, before);
        const found = unit.db
          .select({ id, sessionId, sessionName: sessions.name, at, event, detail, holder })
          .from(history)
          .leftJoin(sessions, eq(sessions.id, sessionId));
        return found
          .where(and(earlier, hasAllTags(unit, tags)))
          .orderBy(desc(id))
          .limit(limit);
      }),
    async upcoming(limit, now, tags = []) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        const ending: Upcoming[] = [];
        for (const state of ['leased', 'cooldown', 'flood', 'used_up'] as const)
          ending.push(...(await endingNext(unit, state, limit, tags)));
        ending.push(...(await methodsFreedNext(unit, limit, now, tags)));
        return ending.toSorted((one, other) => one.until - other.until).slice(0, limit);
      });
    },
  };
}

async function endingNext(
  unit: UnitOfWork,
  state: 'leased' | 'cooldown' | 'flood' | 'used_up',
  limit: number,
  tags: readonly string[],
): Promise<Upcoming[]> {
  const { sessions } = unit.tables;
  const { id, name, stateReason, stateUntil } = sessions;
  const rows = await unit.db
    .select({ sessionId: id, sessionName: name, reason: stateReason, until: stateUntil })
    .from(sessions)
    .where(and(eq(sessions.state, state), isNotNull(stateUntil), hasAllTags(unit, tags)))
    .orderBy(asc(stateUntil), asc(id))
    .limit(limit);
  return rows.map((row) => ({ ...row, until: row.until ?? 0, state, method: null }));
}

async function methodsFreedNext(
  unit: UnitOfWork,
  limit: number,
  now: number,
  tags: readonly string[],
): Promise<Upcoming[]> {
  const { sessions, methodFloods } = unit.tables;
  const { method, until } = methodFloods;
  const rows = await unit.db
    .select({ sessionId: sessions.id, sessionName: sessions.name, method, until })
    .from(methodFloods)
    .innerJoin(sessions, eq(sessions.id, methodFloods.sessionId))
    .where(and(gt(until, now), eq(sessions.state, 'free'), hasAllTags(unit, tags)))
    .orderBy(asc(until), asc(sessions.id))
    .limit(limit);
  return rows.map((row) => ({ ...row, state: 'free', reason: null }));
}
