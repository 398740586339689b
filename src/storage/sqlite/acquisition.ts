import type { Database } from 'better-sqlite3';
import { and, eq, gt, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import {
  type AcquireOutcome,
  type AcquireRequest,
  IDEMPOTENCY_MS,
  type PoolCounts,
} from '../../pool/store.js';
import { afterUse, dayOf, type UseColumns } from '../../pool/uses.js';
import { MAX_EXPIRED_PER_COUNT } from '../bounds.js';
import { chooseForChannels, reserveResolves } from '../repositories/channel_affinity.js';
import { leaseOf } from '../repositories/session_record.js';
import type { SessionRow } from '../tables.js';
import { Candidates } from './candidates.js';
import { placeholders } from './columns.js';
import type { Counts } from './counters.js';
import { idempotencyKeys, proxies, sessionDays, tagLimits } from './schema.js';
import type { SqliteUnitOfWork } from './unit_of_work.js';

/** What the pool's operations share: one database connection. */
export interface PoolParts {
  readonly sqlite: Database;
  readonly db: BetterSQLite3Database;
  readonly unit: SqliteUnitOfWork;
  readonly counts: Counts;
}

function statementsOf(db: BetterSQLite3Database) {
  const { holder, key, createdAt, repeats } = idempotencyKeys;
  const { type, host, port, user, pass } = proxies;
  const itself = and(eq(holder, sql.placeholder('holder')), eq(key, sql.placeholder('key')));
  const given = placeholders('holder', 'key', 'sessionId', 'leaseId', 'createdAt');
  const { holder: _, key: __, ...answer } = given;
  return {
    granted: db
      .select()
      .from(idempotencyKeys)
      .where(and(itself, gt(createdAt, sql.placeholder('after'))))
      .prepare(),
    countRepeat: db
      .update(idempotencyKeys)
      .set({ repeats: sql`${repeats} + 1` })
      .where(itself)
      .prepare(),
    remember: db
      .insert(idempotencyKeys)
      .values(given)
      .onConflictDoUpdate({ target: [holder, key], set: { ...answer, repeats: 0 } })
      .prepare(),
    limits: db.select().from(tagLimits).prepare(),
    saveDay: db
      .insert(sessionDays)
      .values(placeholders('sessionId', 'day', 'uses'))
      .onConflictDoUpdate({
        target: [sessionDays.sessionId, sessionDays.day],
        set: { uses: sql`excluded.uses` },
      })
      .prepare(),
    proxy: db
      .select({ type, host, port, user, pass })
      .from(proxies)
      .where(eq(proxies.id, sql.placeholder('id')))
      .prepare(),
  };
}

/** Grants leases. */
export class Acquisition {
  readonly #parts: PoolParts;
  readonly #candidates: Candidates;
  readonly #statements: ReturnType<typeof statementsOf>;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#candidates = new Candidates(parts.sqlite);
    this.#statements = statementsOf(parts.db);
  }

  acquire(request: AcquireRequest, now: number, counts: () => PoolCounts): AcquireOutcome {
    const { deadlines } = this.#parts.unit;
    deadlines.applyExpired(now);
    for (;;) {
      const outcome = this.#attempt(request, now);
      // An expired lease that has not been swept may block the request.
      const inTheWay = outcome === null || outcome.kind === 'max_leases';
      const others = inTheWay && !request.onlyRepeat ? deadlines.applyExpired(now, MAX_EXPIRED_PER_COUNT) : 0;
      if (others === 0) return outcome ?? { kind: 'none', counts: counts() };
    }
  }

  /** As `acquire`, for a request with channels: the store's shared rules choose among the free sessions. */
  async acquireFor(request: AcquireRequest, now: number, counts: () => PoolCounts): Promise<AcquireOutcome> {
    const { unit } = this.#parts;
    unit.deadlines.applyExpired(now, MAX_EXPIRED_PER_COUNT);
    const early = this.#earlyAnswer(request, this.#named(request), now);
    if (early || request.onlyRepeat) return early ?? { kind: 'none', counts: counts() };
    const choice = await chooseForChannels(unit, request, 'update', now);
    const row = choice.kind === 'chosen' ? unit.rowOf(choice.id) : undefined;
    if (choice.kind === 'short') return { kind: 'none', counts: counts(), shortage: choice.shortage };
    if (choice.kind === 'none' || !row) return { kind: 'none', counts: counts() };
    const outcome = this.#grant(row, request, now);
    await reserveResolves(unit, choice, request, now);
    return { ...outcome, toResolve: choice.unknown.length };
  }

  /** The answer to a repeated request, or to one that may have no session whichever is free. */
  #earlyAnswer(
    request: AcquireRequest,
    named: SessionRow | null | 'unknown',
    now: number,
  ): AcquireOutcome | null {
    const repeated =
      request.idempotencyKey === null ? null : this.#repeated(request, request.idempotencyKey, now);
    if (repeated || request.onlyRepeat) return repeated;
    return named === 'unknown' ? { kind: 'unknown_session' } : this.#overCap(request);
  }

  /** Null: no session matches. */
  #attempt(request: AcquireRequest, now: number): AcquireOutcome | null {
    const named = this.#named(request);
    const early = this.#earlyAnswer(request, named, now);
    if (early || request.onlyRepeat || named === 'unknown') return early;
    const row = this.#wanted(request, named);
    return row && this.#grant(row, request, now);
  }

  /** The answer if the request's key already holds its maximum number of leases. */
  #overCap({ holder, maxLeases }: AcquireRequest): AcquireOutcome | null {
    if (maxLeases === null) return null;
    const held = this.#parts.counts.get(`holder:${holder}`);
    return held >= maxLeases ? { kind: 'max_leases', held, maxLeases } : null;
  }

  #repeated(request: AcquireRequest, key: string, now: number): AcquireOutcome | null {
    const before = this.#statements.granted.get({ holder: request.holder, key, after: now - IDEMPOTENCY_MS });
    if (!before) return null;
    const row = this.#parts.unit.byId(before.sessionId, now);
    if (row?.state !== 'leased' || row.leaseId !== before.leaseId) {
      return { kind: 'lease_lost', sessionId: before.sessionId };
    }
    this.#statements.countRepeat.run({ holder: request.holder, key });
    return { kind: 'granted', lease: this.#lease(row), repeated: true };
  }

  /** The session for the request, which may name one; null: it is not free, or none is. */
  #wanted(request: AcquireRequest, named: SessionRow | null): SessionRow | null {
    if (named !== null) return this.#candidates.fits(named.id, request) ? named : null;
    const id = this.#candidates.find(request);
    return id === null ? null : (this.#parts.unit.rowOf(id) ?? null);
  }

  /** The session that the request names; null: it names none. */
  #named({ sessionId, sessionName, scope = [] }: AcquireRequest): SessionRow | null | 'unknown' {
    const { unit } = this.#parts;
    if (sessionId === null && sessionName === null) return null;
    const row = sessionId === null ? unit.rowNamed(sessionName ?? '') : unit.rowOf(sessionId);
    if (!row || (sessionName !== null && row.name !== sessionName)) return 'unknown';
    return scope.every((tag) => row.tags.includes(tag)) ? row : 'unknown';
  }

  #grant(row: SessionRow, request: AcquireRequest, now: number) {
    const { leaseId, holder, address, ttlSeconds, idempotencyKey, fence = null } = request;
    const changes = {
      stateReason: null,
      stateUntil: now + ttlSeconds * 1000,
      lastUsedAt: now,
      leaseId,
      leaseHolder: holder,
      leaseAddress: address,
      leaseTtlSeconds: ttlSeconds,
      leaseRenewed: false,
      leaseFence: fence,
      cooldownUntil: null,
      ...(request.alsoInactive ? {} : this.#use(row, now)),
    };
    const entry = { at: now, event: 'leased', detail: request.method, holder };
    const leased = this.#parts.unit.applyEvent(row, 'acquire', changes, entry);
    if (!leased) throw new Error(`session ${row.id} is ${row.state}, and can't be leased`);
    if (idempotencyKey !== null) {
      this.#statements.remember.run({
        holder,
        key: idempotencyKey,
        sessionId: row.id,
        leaseId,
        createdAt: now,
      });
    }
    this.#candidates.given(row.id, request);
    return { kind: 'granted' as const, lease: this.#lease(leased), repeated: false };
  }

  /** Counts one more use; the count of an earlier day is kept elsewhere. */
  #use(row: SessionRow, now: number): UseColumns {
    const { id: sessionId, usesDay: day, usesToday: uses } = row;
    if (uses > 0 && day < dayOf(now)) this.#statements.saveDay.run({ sessionId, day, uses });
    const limits = row.tags.length === 0 ? [] : this.#statements.limits.all();
    return afterUse(
      row,
      limits.filter(({ tag }) => row.tags.includes(tag)),
      now,
    );
  }

  #lease(row: SessionRow) {
    const proxy = row.proxyId === null ? undefined : this.#statements.proxy.get({ id: row.proxyId });
    return leaseOf(row, proxy ?? null);
  }
}
