import { and, asc, eq, gt, min, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Page } from '../../kernel/page.js';
import { authorizeLease, type Caller } from '../../pool/lease_authorization.js';
import { decideRelease, renewal } from '../../pool/lease_changes.js';
import { revocation } from '../../pool/lease_expiry.js';
import { STATES, type State } from '../../pool/states.js';
import {
  type CountScope,
  type Flood,
  type HistoryRow,
  type LeaseRow,
  namesSessions,
  type Outcome,
  type PoolCounts,
  type PoolStore,
  type RenewOutcome,
} from '../../pool/store.js';
import type { Synchronous } from '../synchronous.js';
import type { Acquisition } from './acquisition.js';
import type { Blocks } from './blocks.js';
import type { Counts } from './counts.js';
import { type Deadlines, MANY_AT_ONCE } from './deadlines.js';
import type { HistoryRows } from './history_rows.js';
import { idempotencyKeys, sessions } from './schema.js';
import type { ScopedCounts } from './scoped_counts.js';
import type { SessionRows } from './session_rows.js';
import { hasAllTags, tagValues } from './tag_scope.js';

/** The parts of the pool that share a database connection. */
export interface PoolParts {
  readonly db: BetterSQLite3Database;
  readonly rows: SessionRows;
  readonly counts: Counts;
  readonly history: HistoryRows;
  readonly deadlines: Deadlines;
  readonly acquisition: Acquisition;
  readonly blocks: Blocks;
  readonly scoped: ScopedCounts;
}

/** Leases in SQLite. */
export class PoolTable implements Synchronous<PoolStore> {
  readonly #parts: PoolParts;
  readonly #leases;
  readonly #heldBy;
  readonly #oldest;
  readonly #dropKeys;
  readonly acquire: Synchronous<PoolStore>['acquire'];
  readonly block: Synchronous<PoolStore>['block'];

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.acquire = (request, now) => parts.acquisition.acquire(request, now, () => this.counts(now, request));
    this.block = (id, caller, block, now) => parts.blocks.block(id, caller, block, now);
    const leased = eq(sessions.state, 'leased');
    this.#leases = parts.db
      .select()
      .from(sessions)
      .where(and(leased, gt(sessions.stateUntil, sql.placeholder('now')), hasAllTags()))
      .orderBy(asc(sessions.limited), asc(sessions.lastUsedAt), asc(sessions.id))
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('skip'))
      .prepare();
    this.#heldBy = parts.db
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(leased, eq(sessions.leaseHolder, sql.placeholder('holder'))))
      .limit(sql.placeholder('limit'))
      .prepare();
    this.#oldest = parts.db
      .select({ at: min(sessions.lastUsedAt) })
      .from(sessions)
      .where(and(leased, sql`${sessions.limited} = ${sql.placeholder('limited')}`))
      .prepare();
    this.#dropKeys = parts.db
      .delete(idempotencyKeys)
      .where(
        sql`rowid IN (SELECT rowid FROM idempotency_keys WHERE created_at < ${sql.placeholder('before')} LIMIT ${sql.placeholder('limit')})`,
      )
      .prepare();
  }

  renew(sessionId: number, caller: Caller, ttlSeconds: number | null, now: number): RenewOutcome {
    const { rows, deadlines } = this.#parts;
    deadlines.pass(now);
    const row = deadlines.byId(sessionId, now);
    if (row?.state !== 'leased') return { kind: 'lease_lost' };
    const authorized = authorizeLease(row, caller);
    if (authorized.kind !== 'allowed') return authorized;
    const changes = renewal(row, ttlSeconds, now);
    rows.write(row, changes);
    return { kind: 'renewed', expiresAt: changes.stateUntil };
  }

  release(sessionId: number, caller: Caller, flood: Flood | null, now: number): Outcome {
    const { rows, deadlines, blocks } = this.#parts;
    deadlines.pass(now);
    const row = deadlines.byId(sessionId, now);
    if (!row) return { kind: 'unknown' };
    const decision = decideRelease(row, caller, flood !== null, now);
    if (decision.kind !== 'allowed') return decision;
    const { as, change, columns } = decision;
    const ended = change && rows.happen(row, change.event, change.changes, change.entry);
    const after = ended ?? (Object.keys(columns).length > 0 ? rows.write(row, columns) : row);
    if (flood) blocks.carryOut(after, { kind: 'flood', ...flood }, caller, as, now);
    return { kind: 'done', changed: ended !== null, as };
  }

  giveBack(sessionId: number, leaseId: string, now: number): void {
    this.#parts.acquisition.giveBack(sessionId, leaseId, now);
  }

  restore(sessionId: number, now: number): Outcome {
    const { rows, deadlines, blocks } = this.#parts;
    deadlines.pass(now);
    const row = deadlines.byId(sessionId, now);
    if (!row) return { kind: 'unknown' };
    const lifted = blocks.lift(row);
    const restored = rows.happen(lifted, 'restore', { suspectedAt: null }, { at: now, event: 'restored' });
    return { kind: 'done', changed: restored !== null || lifted !== row, as: 'admin' };
  }

  revokeLeases(holder: string, by: string, limit: number, now: number): number {
    const { rows, deadlines } = this.#parts;
    deadlines.pass(now);
    const held = this.#heldBy.all({ holder, limit });
    for (const { id } of held) {
      const row = deadlines.byId(id, now);
      const change = row && revocation(row, now);
      if (change) rows.happen(row, change.event, change.changes, { ...change.entry, holder: by });
    }
    return held.length;
  }

  expire(limit: number, now: number): number {
    return this.#parts.deadlines.pass(now, limit);
  }

  counts(now: number, scope?: CountScope): PoolCounts {
    const { counts, deadlines, scoped } = this.#parts;
    deadlines.pass(now, MANY_AT_ONCE);
    if (scope && namesSessions(scope)) return scoped.of(scope);
    const states = Object.fromEntries(STATES.map((state) => [state, counts.get(`state:${state}`)]));
    const total = STATES.reduce((sum, state) => sum + counts.get(`state:${state}`), 0);
    const freeButLimited = counts.get('limited');
    const oldest = [0, 1].flatMap((limited) => this.#oldest.get({ limited })?.at ?? []);
    return {
      total,
      states: states as Record<State, number>,
      freeButLimited,
      nextFloodEnd: deadlines.next('flood'),
      nextMethodFloodEnd: freeButLimited > 0 ? scoped.nextMethodFloodEnd(scope?.method ?? null) : null,
      nextCooldownEnd: deadlines.next('cooldown'),
      oldestLeaseAt: oldest.length > 0 ? Math.min(...oldest) : null,
    };
  }

  leases(page: Page, now: number, tags: readonly string[] = []): LeaseRow[] {
    this.#parts.deadlines.pass(now);
    return this.#leases.all({ limit: page.limit, skip: page.skip, now, ...tagValues(tags) }).map((row) => ({
      sessionId: row.id,
      sessionName: row.name,
      leaseId: row.leaseId ?? '',
      holder: row.leaseHolder ?? '',
      leasedAt: row.lastUsedAt,
      expiresAt: row.stateUntil ?? 0,
      renewed: row.leaseRenewed,
    }));
  }

  history(sessionId: number, page: Page): HistoryRow[] | null {
    const entries = this.#parts.history.ofSession(sessionId, page);
    return entries.length > 0 || this.#parts.rows.byId(sessionId) ? entries : null;
  }

  prune(maxRows: number, before: number, limit: number): number {
    const forgotten = this.#dropKeys.run({ before, limit });
    return this.#parts.history.prune(maxRows, limit) + forgotten.changes;
  }
}
