import { and, eq, gt, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { StoredProxy } from '../../kernel/proxy.js';
import {
  type AcquireOutcome,
  type AcquireRequest,
  IDEMPOTENCY_MS,
  type Lease,
  type PoolCounts,
} from '../../pool/store.js';
import type { Candidates } from './candidates.js';
import type { Counts } from './counts.js';
import { type Deadlines, MANY_AT_ONCE } from './deadlines.js';
import { idempotencyKeys, proxies } from './schema.js';
import type { SessionRow, SessionRows } from './session_rows.js';

/** Grants leases. */
export class Acquisition {
  readonly #rows: SessionRows;
  readonly #counts: Counts;
  readonly #deadlines: Deadlines;
  readonly #candidates: Candidates;
  readonly #granted;
  readonly #remember;
  readonly #countRepeat;
  readonly #neverRepeated;
  readonly #byLease;
  readonly #proxy;

  constructor(
    db: BetterSQLite3Database,
    rows: SessionRows,
    counts: Counts,
    deadlines: Deadlines,
    candidates: Candidates,
  ) {
    this.#rows = rows;
    this.#counts = counts;
    this.#deadlines = deadlines;
    this.#candidates = candidates;
    const key = and(
      eq(idempotencyKeys.holder, sql.placeholder('holder')),
      eq(idempotencyKeys.key, sql.placeholder('key')),
      gt(idempotencyKeys.createdAt, sql.placeholder('after')),
    );
    this.#granted = db.select().from(idempotencyKeys).where(key).prepare();
    const ofLease = eq(idempotencyKeys.leaseId, sql.placeholder('leaseId'));
    this.#neverRepeated = db
      .delete(idempotencyKeys)
      .where(and(ofLease, eq(idempotencyKeys.repeats, 0)))
      .prepare();
    this.#countRepeat = db
      .update(idempotencyKeys)
      .set({ repeats: sql`${idempotencyKeys.repeats} + 1` })
      .where(
        and(
          eq(idempotencyKeys.holder, sql.placeholder('holder')),
          eq(idempotencyKeys.key, sql.placeholder('key')),
        ),
      )
      .prepare();
    this.#byLease = db.select().from(idempotencyKeys).where(ofLease).prepare();
    this.#remember = db
      .insert(idempotencyKeys)
      .values({
        holder: sql.placeholder('holder'),
        key: sql.placeholder('key'),
        sessionId: sql.placeholder('sessionId'),
        leaseId: sql.placeholder('leaseId'),
        createdAt: sql.placeholder('createdAt'),
      })
      .onConflictDoUpdate({
        target: [idempotencyKeys.holder, idempotencyKeys.key],
        set: {
          sessionId: sql`excluded.session_id`,
          leaseId: sql`excluded.lease_id`,
          repeats: 0,
          createdAt: sql`excluded.created_at`,
        },
      })
      .prepare();
    this.#proxy = db
      .select()
      .from(proxies)
      .where(eq(proxies.id, sql.placeholder('id')))
      .prepare();
  }

  acquire(request: AcquireRequest, now: number, counts: () => PoolCounts): AcquireOutcome {
    this.#deadlines.pass(now);
    for (;;) {
      const outcome = this.#attempt(request, now);
      // A lease that has run out unnoticed may be what is in the way.
      const inTheWay = outcome === null || outcome.kind === 'max_leases';
      const others = inTheWay && !request.onlyRepeat ? this.#deadlines.pass(now, MANY_AT_ONCE) : 0;
      if (others === 0) return outcome ?? { kind: 'none', counts: counts() };
    }
  }

  /** Null: there is no session for it. */
  #attempt(request: AcquireRequest, now: number): AcquireOutcome | null {
    const repeated =
      request.idempotencyKey === null ? null : this.#repeated(request, request.idempotencyKey, now);
    if (repeated || request.onlyRepeat) return repeated;
    const row = this.#wanted(request);
    if (row === 'unknown') return { kind: 'unknown_session' };
    const { maxLeases } = request;
    const held = maxLeases === null ? 0 : this.#counts.get(`holder:${request.holder}`);
    if (maxLeases !== null && held >= maxLeases) return { kind: 'max_leases', held, maxLeases };
    return row && this.#grant(row, request, now);
  }

  /** Ends a lease that nobody received. */
  giveBack(sessionId: number, leaseId: string, now: number): void {
    this.#neverRepeated.run({ leaseId });
    const row = this.#deadlines.byId(sessionId, now);
    if (row?.state !== 'leased' || row.leaseId !== leaseId || this.#byLease.get({ leaseId })) return;
    this.#rows.happen(row, 'release', { lastUsedAt: now }, { at: now, event: 'given_back' });
  }

  #repeated(request: AcquireRequest, key: string, now: number): AcquireOutcome | null {
    const before = this.#granted.get({ holder: request.holder, key, after: now - IDEMPOTENCY_MS });
    if (!before) return null;
    const row = this.#deadlines.byId(before.sessionId, now);
    if (row?.state !== 'leased' || row.leaseId !== before.leaseId) {
      return { kind: 'lease_lost', sessionId: before.sessionId };
    }
    this.#countRepeat.run({ holder: request.holder, key });
    return { kind: 'granted', lease: this.#lease(row), repeated: true };
  }

  /** The session the request may have; null: none is free; `unknown`: the one it names does not exist. */
  #wanted(request: AcquireRequest): SessionRow | null | 'unknown' {
    const { sessionId, sessionName } = request;
    if (sessionId === null && sessionName === null) {
      const id = this.#candidates.find(request);
      return id === null ? null : (this.#rows.byId(id) ?? null);
    }
    const row = sessionId === null ? this.#rows.byName(sessionName ?? '') : this.#rows.byId(sessionId);
    if (!row || (sessionName !== null && row.name !== sessionName)) return 'unknown';
    if (!(request.scope ?? []).every((tag) => row.tags.includes(tag))) return 'unknown';
    return this.#candidates.fits(row.id, request) ? row : null;
  }

  #grant(row: SessionRow, request: AcquireRequest, now: number): AcquireOutcome {
    const { leaseId, holder, address, ttlSeconds, idempotencyKey } = request;
    const changes = {
      stateReason: null,
      stateUntil: now + ttlSeconds * 1000,
      lastUsedAt: now,
      leaseId,
      leaseHolder: holder,
      leaseAddress: address,
      leaseTtlSeconds: ttlSeconds,
      leaseRenewed: false,
      cooldownUntil: null,
    };
    const entry = { at: now, event: 'leased', detail: request.method, holder };
    const leased = this.#rows.happen(row, 'acquire', changes, entry);
    if (!leased) throw new Error(`session ${row.id} is ${row.state}, not to be leased`);
    if (idempotencyKey !== null) {
      this.#remember.run({ holder, key: idempotencyKey, sessionId: row.id, leaseId, createdAt: now });
    }
    return { kind: 'granted', lease: this.#lease(leased), repeated: false };
  }

  #lease(row: SessionRow): Lease {
    return {
      leaseId: row.leaseId ?? '',
      sessionId: row.id,
      sessionName: row.name,
      expiresAt: row.stateUntil ?? 0,
      file: row.file,
      jsonFile: row.jsonFile,
      format: row.format,
      phoneNumber: row.phoneNumber,
      proxy: row.proxyId === null ? null : this.#proxyOf(row.proxyId),
      userId: row.userId,
      apiId: row.apiId,
      tags: row.tags,
    };
  }

  #proxyOf(id: number): StoredProxy | null {
    const row = this.#proxy.get({ id });
    if (!row) return null;
    const { id: _, ...proxy } = row;
    return proxy;
  }
}
