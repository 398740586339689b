import { and, eq, min, sql } from 'drizzle-orm';
import { authorizeLease } from '../../pool/lease_authorization.js';
import { decideRelease, renewal } from '../../pool/lease_decisions.js';
import { type CountScope, namesSessions, type PoolCounts, type PoolStore } from '../../pool/store.js';
import { MAX_EXPIRED_PER_COUNT } from '../bounds.js';
import { poolCounts } from '../pool_counts.js';
import { releaseLease } from '../repositories/lease_repository.js';
import { Acquisition, type PoolParts } from './acquisition.js';
import { countsWithin, nextMethodFloodEnd } from './counters.js';
import { sessions } from './schema.js';

/** A port as the database thread executes it: with or without promises. */
export type Direct<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result | Promise<Result>
    : never;
};

type HotPath = Pick<Direct<PoolStore>, 'acquire' | 'renew' | 'release' | 'expire' | 'counts'>;

/** The synchronous operations on leases in SQLite: each call runs in the open transaction. */
export function leaseTable(parts: PoolParts): HotPath {
  const { unit } = parts;
  const { deadlines } = unit;
  const acquisition = new Acquisition(parts);
  const counts = counting(parts);
  return {
    counts,
    acquire: (request, now) =>
      request.channels
        ? acquisition.acquireFor(request, now, () => counts(now, request))
        : acquisition.acquire(request, now, () => counts(now, request)),
    renew(sessionId, caller, ttlSeconds, now) {
      deadlines.applyExpired(now);
      const row = deadlines.byId(sessionId, now);
      if (row?.state !== 'leased') return { kind: 'lease_lost' };
      const authorized = authorizeLease(row, caller);
      if (authorized.kind !== 'allowed') return authorized;
      const changes = renewal(row, ttlSeconds, now);
      unit.write(row, changes);
      return { kind: 'renewed', expiresAt: changes.stateUntil };
    },
    release(sessionId, caller, flood, now) {
      deadlines.applyExpired(now);
      if (flood) return releaseLease(unit, sessionId, caller, flood, now);
      const row = deadlines.byId(sessionId, now);
      if (!row) return { kind: 'unknown' };
      const decision = decideRelease(row, caller, false, now);
      if (decision.kind !== 'allowed') return decision;
      const { as, change, columns } = decision;
      const ended = change && unit.applyEvent(row, change.event, change.changes, change.entry);
      if (!ended && Object.keys(columns).length > 0) unit.write(row, columns);
      return { kind: 'done', changed: ended !== null, as };
    },
    expire: (limit, now) => deadlines.applyExpired(now, limit),
  };
}

function counting({ sqlite, db, unit, counts }: PoolParts): (now: number, scope?: CountScope) => PoolCounts {
  const { deadlines } = unit;
  const leased = eq(sessions.state, 'leased');
  const oldest = db
    .select({ at: min(sessions.lastUsedAt) })
    .from(sessions)
    .where(and(leased, sql`${sessions.methodFlooded} = ${sql.placeholder('methodFlooded')}`))
    .prepare();
  return (now, scope) => {
    deadlines.applyExpired(now, MAX_EXPIRED_PER_COUNT);
    if (scope && namesSessions(scope)) return countsWithin(sqlite, scope);
    const floods = counts.get('method_flooded') > 0;
    const leasedAt = [0, 1].flatMap((methodFlooded) => oldest.get({ methodFlooded })?.at ?? []);
    return poolCounts({
      ...counts.ofPool(),
      nextFloodEnd: deadlines.next('flood'),
      nextMethodFloodEnd: floods ? nextMethodFloodEnd(sqlite, scope?.method ?? null) : null,
      nextCooldownEnd: deadlines.next('cooldown'),
      nextUsedUpEnd: deadlines.next('used_up'),
      oldestLeaseAt: leasedAt.length > 0 ? Math.min(...leasedAt) : null,
    });
  };
}
