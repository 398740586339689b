import { and, eq, min, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { authorizeLease, type Caller } from '../../pool/lease_authorization.js';
import { decideRelease, renewal } from '../../pool/lease_decisions.js';
import { STATES, type State } from '../../pool/states.js';
import {
  type AcquireOutcome,
  type AcquireRequest,
  type CountScope,
  type Flood,
  namesSessions,
  type Outcome,
  type PoolCounts,
  type PoolStore,
  type RenewOutcome,
} from '../../pool/store.js';
import { MAX_EXPIRED_PER_COUNT } from '../bounds.js';
import { releaseLease } from '../repositories/lease_repository.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import type { Acquisition } from './acquisition.js';
import type { Counts, ScopedCounts } from './counters.js';
import type { Deadlines } from './deadlines.js';
import { sessions } from './schema.js';
import type { SessionRows } from './session_rows.js';

/** The parts of the pool that share a database connection. */
export interface PoolParts {
  readonly db: BetterSQLite3Database;
  readonly rows: SessionRows;
  readonly counts: Counts;
  readonly deadlines: Deadlines;
  readonly acquisition: Acquisition;
  readonly scoped: ScopedCounts;
  readonly units: UnitOfWorkRunner;
}

/** The synchronous operations on leases: each call runs in the open transaction. */
type HotPath = Pick<PoolStore, 'acquire' | 'renew' | 'release' | 'expire' | 'counts'>;

/** A port as the database thread executes it: with or without promises. */
export type Direct<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result | Promise<Result>
    : never;
};

/** Leases in SQLite. */
export class LeaseTable implements Direct<HotPath> {
  readonly #parts: PoolParts;
  readonly #oldest;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    const leased = eq(sessions.state, 'leased');
    this.#oldest = parts.db
      .select({ at: min(sessions.lastUsedAt) })
      .from(sessions)
      .where(and(leased, sql`${sessions.methodFlooded} = ${sql.placeholder('methodFlooded')}`))
      .prepare();
  }

  acquire(request: AcquireRequest, now: number): AcquireOutcome {
    return this.#parts.acquisition.acquire(request, now, () => this.counts(now, request));
  }

  renew(sessionId: number, caller: Caller, ttlSeconds: number | null, now: number): RenewOutcome {
    const { rows, deadlines } = this.#parts;
    deadlines.applyExpired(now);
    const row = deadlines.byId(sessionId, now);
    if (row?.state !== 'leased') return { kind: 'lease_lost' };
    const authorized = authorizeLease(row, caller);
    if (authorized.kind !== 'allowed') return authorized;
    const changes = renewal(row, ttlSeconds, now);
    rows.write(row, changes);
    return { kind: 'renewed', expiresAt: changes.stateUntil };
  }

  release(sessionId: number, caller: Caller, flood: Flood | null, now: number): Outcome | Promise<Outcome> {
    const { rows, deadlines, units } = this.#parts;
    deadlines.applyExpired(now);
    if (flood) return units.run((unit) => releaseLease(unit, sessionId, caller, flood, now));
    const row = deadlines.byId(sessionId, now);
    if (!row) return { kind: 'unknown' };
    const decision = decideRelease(row, caller, false, now);
    if (decision.kind !== 'allowed') return decision;
    const { as, change, columns } = decision;
    const ended = change && rows.applyEvent(row, change.event, change.changes, change.entry);
    if (!ended && Object.keys(columns).length > 0) rows.write(row, columns);
    return { kind: 'done', changed: ended !== null, as };
  }

  expire(limit: number, now: number): number {
    return this.#parts.deadlines.applyExpired(now, limit);
  }

  counts(now: number, scope?: CountScope): PoolCounts {
    const { counts, deadlines, scoped } = this.#parts;
    deadlines.applyExpired(now, MAX_EXPIRED_PER_COUNT);
    if (scope && namesSessions(scope)) return scoped.of(scope);
    const states = Object.fromEntries(STATES.map((state) => [state, counts.get(`state:${state}`)]));
    const total = STATES.reduce((sum, state) => sum + counts.get(`state:${state}`), 0);
    const freeButMethodFlooded = counts.get('method_flooded');
    const oldest = [0, 1].flatMap((methodFlooded) => this.#oldest.get({ methodFlooded })?.at ?? []);
    return {
      total,
      states: states as Record<State, number>,
      freeButMethodFlooded,
      nextFloodEnd: deadlines.next('flood'),
      nextMethodFloodEnd: freeButMethodFlooded > 0 ? scoped.nextMethodFloodEnd(scope?.method ?? null) : null,
      nextCooldownEnd: deadlines.next('cooldown'),
      oldestLeaseAt: oldest.length > 0 ? Math.min(...oldest) : null,
    };
  }
}
