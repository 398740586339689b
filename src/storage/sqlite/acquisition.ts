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
import { placeholders } from './columns.js';
import { type Counts, WITH_ALL_TAGS } from './counters.js';
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
    const early = this.#earlyAnswer(request, now);
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
  #earlyAnswer(request: AcquireRequest, now: number): AcquireOutcome | null {
    const repeated =
      request.idempotencyKey === null ? null : this.#repeated(request, request.idempotencyKey, now);
    if (repeated || request.onlyRepeat) return repeated;
    if (this.#named(request) === 'unknown') return { kind: 'unknown_session' };
    return this.#overCap(request);
  }

  /** Null: no session matches. */
  #attempt(request: AcquireRequest, now: number): AcquireOutcome | null {
    const repeated =
      request.idempotencyKey === null ? null : this.#repeated(request, request.idempotencyKey, now);
    if (repeated || request.onlyRepeat) return repeated;
    const row = this.#wanted(request);
    if (row === 'unknown') return { kind: 'unknown_session' };
    return this.#overCap(request) ?? (row && this.#grant(row, request, now));
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

  /** The session for the request; null: none is free; `unknown`: the named one does not exist. */
  #wanted(request: AcquireRequest): SessionRow | null | 'unknown' {
    const row = this.#named(request);
    if (row === null) {
      const id = this.#candidates.find(request);
      return id === null ? null : (this.#parts.unit.rowOf(id) ?? null);
    }
    if (row === 'unknown') return row;
    return this.#candidates.fits(row.id, request) ? row : null;
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

interface Candidate {
  readonly id: number;
  readonly used: number;
}

interface Search {
  readonly id: number | null;
  /** The session that was given last. */
  readonly after: number;
  readonly method: string | null;
  readonly tag: string | null;
  readonly tags: string;
}

const WITH_KEY = 'AND s.auth_key_sha256 IS NOT NULL';
const NOT_FLOODED =
  'AND NOT EXISTS (SELECT 1 FROM method_floods f WHERE f.session_id = s.id AND f.method = @method)';
/** What a frozen account was refused is in the way of a request for that only. */
const UNFLOODED_UNLESS_FROZEN = "AND (s.method_flooded = 0 OR s.state = 'frozen')";
const ALL_TAGS = `AND ${WITH_ALL_TAGS}`;

/**
 * Finds the session for a request, by default the least recently used free one. That search walks an index in that
 * order and stops at the first row, so its cost does not grow with the pool.
 */
export class Candidates {
  readonly #sqlite: Database;
  /** The last session that a request for the next one got. */
  #last = 0;

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
  }

  /** The session's id; null: no free one matches. */
  find(request: AcquireRequest): number | null {
    const free = this.#free(request);
    if (free !== null || request.allowFrozen !== true) return free;
    return this.#one(frozenByUse(conditionsOf(request, request.method !== null)), request);
  }

  /** Called when the session was leased for the request. */
  given(id: number, { strategy }: AcquireRequest): void {
    if (strategy === 'round_robin') this.#last = id;
  }

  #free(request: AcquireRequest): number | null {
    if (request.strategy === 'round_robin') {
      const conditions = freeConditions(request);
      const next = this.#one(nextById('s.id > @after', conditions), request);
      return next ?? this.#one(nextById('s.id <= @after', conditions), request);
    }
    if (request.strategy === 'healthiest') return this.#healthiest(request);
    return this.#leastUsed(request);
  }

  #healthiest(request: AcquireRequest): number | null {
    const unflooded = this.#row(byHealth(0, conditionsOf(request, false)), request);
    if (request.method === null) return unflooded?.id ?? null;
    const methodFlooded = this.#row(byHealth(1, conditionsOf(request, true)), request);
    return firstOf(unflooded, methodFlooded);
  }

  #leastUsed(request: AcquireRequest): number | null {
    const unflooded = this.#first(request, 0);
    if (request.method === null) return unflooded?.id ?? null;
    const methodFlooded = this.#first(request, 1);
    return firstOf(unflooded, methodFlooded);
  }

  /** Whether this session can be leased and matches the request. */
  fits(id: number, request: AcquireRequest): boolean {
    const alsoInactive = request.alsoInactive && request.sessionId === id;
    const frozen = request.allowFrozen === true ? "IN ('free', 'frozen')" : "= 'free'";
    const floods = request.method === null ? UNFLOODED_UNLESS_FROZEN : NOT_FLOODED;
    const statement = this.#sqlite.prepare<[Search], Candidate>(
      `SELECT s.id, s.last_used_at AS used FROM sessions s WHERE s.id = @id
       AND s.state ${alsoInactive ? "IN ('free', 'inactive', 'frozen', 'used_up')" : frozen}
       ${floods}
       ${request.withCredentials ? WITH_KEY : ''} ${request.tags.length > 0 ? ALL_TAGS : ''}`,
    );
    return statement.get(search(request, id)) !== undefined;
  }

  #one(statement: string, request: AcquireRequest): number | null {
    return this.#row(statement, request)?.id ?? null;
  }

  #row(statement: string, request: AcquireRequest): Candidate | undefined {
    return this.#sqlite.prepare<[Search], Candidate>(statement).get(search(request, null, this.#last));
  }

  #first(request: AcquireRequest, methodFlooded: 0 | 1): Candidate | undefined {
    const conditions = [
      methodFlooded === 1 ? NOT_FLOODED : '',
      request.withCredentials ? WITH_KEY : '',
      request.tags.length > 1 ? ALL_TAGS : '',
    ].join(' ');
    const statement =
      request.tags.length === 0 ? byUse(methodFlooded, conditions) : byTag(methodFlooded, conditions);
    return this.#sqlite.prepare<[Search], Candidate>(statement).get(search(request));
  }
}

/** The one that was used before the other, or is healthier. */
function firstOf(...candidates: readonly (Candidate | undefined)[]): number | null {
  const [first] = candidates
    .filter((candidate) => candidate !== undefined)
    .sort((a, b) => a.used - b.used || a.id - b.id);
  return first?.id ?? null;
}

/** What a search that starts from no tag asks of a session; `unflooded`: for the request's method. */
function conditionsOf({ withCredentials, tags }: AcquireRequest, unflooded: boolean): string {
  const conditions = [unflooded ? NOT_FLOODED : '', withCredentials ? WITH_KEY : ''];
  return [...conditions, tags.length > 0 ? ALL_TAGS : ''].join(' ');
}

function freeConditions(request: AcquireRequest): string {
  if (request.method !== null) return conditionsOf(request, true);
  return `AND s.method_flooded = 0 ${conditionsOf(request, false)}`;
}

function search({ method, tags }: AcquireRequest, id: number | null = null, after = 0): Search {
  return { id, after, method, tag: tags[0] ?? null, tags: JSON.stringify(tags) };
}

function byUse(methodFlooded: 0 | 1, conditions: string): string {
  return `SELECT s.id, s.last_used_at AS used FROM sessions s INDEXED BY sessions_by_use
    WHERE s.state = 'free' AND s.method_flooded = ${methodFlooded} ${conditions} ORDER BY s.last_used_at, s.id LIMIT 1`;
}

function byTag(methodFlooded: 0 | 1, conditions: string): string {
  return `SELECT s.id, t.free_since AS used FROM session_tags t INDEXED BY session_tags_free
    CROSS JOIN sessions s ON s.id = t.session_id
    WHERE t.tag = @tag AND t.free_since IS NOT NULL AND s.method_flooded = ${methodFlooded} ${conditions}
    ORDER BY t.free_since, t.session_id LIMIT 1`;
}

/** Of sessions with the same score, the least recently used one. */
function byHealth(methodFlooded: 0 | 1, conditions: string): string {
  return `SELECT s.id, s.health_penalty * ${SCORE_STEP} + s.last_used_at AS used
    FROM sessions s INDEXED BY sessions_by_health
    WHERE s.state = 'free' AND s.method_flooded = ${methodFlooded} ${conditions}
    ORDER BY s.health_penalty, s.last_used_at, s.id LIMIT 1`;
}

/** More milliseconds than any time has. */
const SCORE_STEP = 1e14;

/** Walks the sessions by id: no index contains the free ones so. If none is free, it need not. */
function nextById(which: string, conditions: string): string {
  return `SELECT s.id, s.last_used_at AS used FROM sessions s NOT INDEXED
    WHERE ${which} AND s.state = 'free' ${conditions}
    AND EXISTS (SELECT 1 FROM sessions f INDEXED BY sessions_by_use WHERE f.state = 'free')
    ORDER BY s.id LIMIT 1`;
}

function frozenByUse(conditions: string): string {
  return `SELECT s.id, s.last_used_at AS used FROM sessions s INDEXED BY sessions_by_use
    WHERE s.state = 'frozen' ${conditions} ORDER BY s.last_used_at, s.id LIMIT 1`;
}
