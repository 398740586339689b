import type { Database, Statement } from 'better-sqlite3';
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
import { MAX_EXPIRED_PER_COUNT } from '../bounds.js';
import type { SessionRow } from '../tables.js';
import type { Counts } from './counters.js';
import type { Deadlines } from './deadlines.js';
import { idempotencyKeys, proxies } from './schema.js';
import type { SessionRows } from './session_rows.js';

/** Grants leases. */
export class Acquisition {
  readonly #rows: SessionRows;
  readonly #counts: Counts;
  readonly #deadlines: Deadlines;
  readonly #candidates: Candidates;
  readonly #granted;
  readonly #remember;
  readonly #countRepeat;
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
    this.#deadlines.applyExpired(now);
    for (;;) {
      const outcome = this.#attempt(request, now);
      // An expired lease that has not been swept may block the request.
      const inTheWay = outcome === null || outcome.kind === 'max_leases';
      const others =
        inTheWay && !request.onlyRepeat ? this.#deadlines.applyExpired(now, MAX_EXPIRED_PER_COUNT) : 0;
      if (others === 0) return outcome ?? { kind: 'none', counts: counts() };
    }
  }

  /** Null: no session matches. */
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

  /** The session for the request; null: none is free; `unknown`: the named one does not exist. */
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
    const leased = this.#rows.applyEvent(row, 'acquire', changes, entry);
    if (!leased) throw new Error(`session ${row.id} is ${row.state}, and can't be leased`);
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

interface Candidate {
  readonly id: number;
  readonly used: number;
}

interface Search {
  readonly id: number | null;
  readonly method: string | null;
  readonly tag: string | null;
  readonly tags: string;
}

const WITH_KEY = 'AND s.auth_key_sha256 IS NOT NULL';
const NOT_FLOODED =
  'AND NOT EXISTS (SELECT 1 FROM method_floods f WHERE f.session_id = s.id AND f.method = @method)';
const ALL_TAGS =
  'AND NOT EXISTS (SELECT 1 FROM json_each(@tags) w WHERE NOT EXISTS (SELECT 1 FROM session_tags t WHERE t.session_id = s.id AND t.tag = w.value))';

/**
 * Finds the least recently used free session for a request. Each search walks an index in that order and stops at the
 * first row, so its cost does not grow with the pool.
 */
export class Candidates {
  readonly #sqlite: Database;
  readonly #statements = new Map<string, Statement<[Search], Candidate>>();

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
  }

  /** The session's id; null: no free one matches. */
  find(request: AcquireRequest): number | null {
    const unflooded = this.#first(request, 0);
    if (request.method === null) return unflooded?.id ?? null;
    const methodFlooded = this.#first(request, 1);
    const [first] = [unflooded, methodFlooded]
      .filter((candidate) => candidate !== undefined)
      .sort((a, b) => a.used - b.used || a.id - b.id);
    return first?.id ?? null;
  }

  /** Whether this session can be leased and matches the request. */
  fits(id: number, request: AcquireRequest): boolean {
    const alsoInactive = request.alsoInactive && request.sessionId === id;
    const statement = this.#prepare(
      `SELECT s.id, s.last_used_at AS used FROM sessions s WHERE s.id = @id
       AND s.state ${alsoInactive ? "IN ('free', 'inactive')" : "= 'free'"}
       ${request.method === null ? 'AND s.method_flooded = 0' : NOT_FLOODED}
       ${request.withCredentials ? WITH_KEY : ''} ${request.tags.length > 0 ? ALL_TAGS : ''}`,
    );
    return statement.get(search(request, id)) !== undefined;
  }

  #first(request: AcquireRequest, methodFlooded: 0 | 1): Candidate | undefined {
    const conditions = [
      methodFlooded === 1 ? NOT_FLOODED : '',
      request.withCredentials ? WITH_KEY : '',
      request.tags.length > 1 ? ALL_TAGS : '',
    ].join(' ');
    const statement =
      request.tags.length === 0 ? byUse(methodFlooded, conditions) : byTag(methodFlooded, conditions);
    return this.#prepare(statement).get(search(request));
  }

  #prepare(text: string): Statement<[Search], Candidate> {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#sqlite.prepare<[Search], Candidate>(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function search({ method, tags }: AcquireRequest, id: number | null = null): Search {
  return { id, method, tag: tags[0] ?? null, tags: JSON.stringify(tags) };
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
