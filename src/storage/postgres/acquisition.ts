import { and, eq, sql } from 'drizzle-orm';
import type { QueryConfig } from 'pg';
import type { AcquireOutcome, AcquireRequest, Lease, PoolCounts } from '../../pool/store.js';
import { acquireStatement, type LeasedRow } from './acquire_statement.js';
import type { Deadlines } from './deadlines.js';
import type { News } from './news.js';
import { remember, repeat } from './repeats.js';
import { counts, proxies, sessions } from './schema.js';
import { lockShared } from './shared_locks.js';
import { Turns } from './turns.js';
import type { SessionRow, Unit } from './unit.js';
import type { Units } from './units.js';

/** Grants leases. */
export class Acquisition {
  readonly #units: Units;
  readonly #deadlines: Deadlines;
  readonly #turns = new Turns();

  constructor(units: Units, deadlines: Deadlines) {
    this.#units = units;
    this.#deadlines = deadlines;
  }

  /** As `PoolStore.acquire`. `tally`: the counts to answer with if there is no session. */
  async acquire(
    request: AcquireRequest,
    now: number,
    tally: () => Promise<PoolCounts>,
  ): Promise<AcquireOutcome> {
    await this.#deadlines.pass(now);
    // Here they wait without a connection each; the locks keep those of other replicas in turn.
    const outcome = await this.#turns.take(turnOf(request), () => this.#attempt(request, now));
    if (outcome !== null) return outcome;
    return { kind: 'none', counts: await tally() };
  }

  async #attempt(request: AcquireRequest, now: number): Promise<AcquireOutcome | null> {
    const plain = request.idempotencyKey === null && request.maxLeases === null;
    if (plain) {
      const query = acquireStatement(request, now, false);
      const [row] = await this.#units.statement<LeasedRow>(query, (rows) => newsOf(rows, request, now));
      if (row) return granted(row, request, now);
    }
    const outcome = await this.#carefully(request, now, plain);
    if (outcome !== null && outcome.kind !== 'max_leases') return outcome;
    // Another replica may have set a deadline that is not known here and has come.
    return (await this.#deadlines.passUnknown(now)) ? this.#carefully(request, now, false) : outcome;
  }

  /** In one transaction of several statements; `tried`: none is free at once. Null: there is no session. */
  #carefully(request: AcquireRequest, now: number, tried: boolean): Promise<AcquireOutcome | null> {
    return this.#units.run(async (unit) => {
      const before = await repeated(unit, request, now);
      if (before) return before;
      if (!(await exists(unit, request))) return { kind: 'unknown_session' };
      const full = await overCap(unit, request);
      if (full) return full;
      const row =
        (tried ? undefined : await first(unit, acquireStatement(request, now, false))) ??
        (await first(unit, acquireStatement(request, now, true)));
      if (!row) return null;
      await remember(unit.db, request, row.id, now);
      unit.tell(newsOf([row], request, now));
      return granted(row, request, now);
    });
  }
}

/** Calls with this name depend on each other. */
function turnOf({ holder, maxLeases, idempotencyKey }: AcquireRequest): string | null {
  if (maxLeases !== null) return JSON.stringify([holder]);
  return idempotencyKey === null ? null : JSON.stringify([holder, idempotencyKey]);
}

async function first(unit: Unit, query: QueryConfig): Promise<LeasedRow | undefined> {
  return (await unit.client.query<LeasedRow>(query)).rows[0];
}

async function repeated(unit: Unit, request: AcquireRequest, now: number): Promise<AcquireOutcome | null> {
  const { holder, idempotencyKey } = request;
  if (idempotencyKey === null) return null;
  await lockShared(unit.db, 'idempotencyKey', JSON.stringify([holder, idempotencyKey]));
  const before = await repeat(unit.db, holder, idempotencyKey, now);
  if (!before) return null;
  const { sessionId, leaseId } = before;
  const row = await unit.byId(sessionId, now);
  if (row?.state !== 'leased' || row.leaseId !== leaseId) return { kind: 'lease_lost', sessionId };
  return { kind: 'granted', lease: await leaseOf(unit, row, leaseId), repeated: true };
}

/** Whether the session that the request names, if it names one, is there. */
async function exists(unit: Unit, { sessionId, sessionName }: AcquireRequest): Promise<boolean> {
  if (sessionId === null && sessionName === null) return true;
  const named = and(
    sessionId === null ? undefined : eq(sessions.id, sessionId),
    sessionName === null ? undefined : eq(sessions.name, sessionName),
  );
  return (await unit.db.select({ id: sessions.id }).from(sessions).where(named)).length > 0;
}

/** What the request is answered if its key holds as many leases as it may. */
async function overCap(unit: Unit, { holder, maxLeases }: AcquireRequest): Promise<AcquireOutcome | null> {
  if (maxLeases === null) return null;
  await lockShared(unit.db, 'holder', holder);
  const [row] = await unit.db
    .select({ held: sql`coalesce(sum(${counts.n}), 0)`.mapWith(Number) })
    .from(counts)
    .where(eq(counts.name, `holder:${holder}`));
  const held = row?.held ?? 0;
  return held >= maxLeases ? { kind: 'max_leases', held, maxLeases } : null;
}

function newsOf(rows: readonly LeasedRow[], request: AcquireRequest, now: number): News {
  const notices = rows.map(({ id, name }) => {
    return { sessionId: id, sessionName: name, at: now, event: 'leased', detail: request.method };
  });
  const deadline = rows.length > 0 ? endOf(request, now) : Number.POSITIVE_INFINITY;
  return { freed: 0, notices, deadline };
}

function granted(row: LeasedRow, request: AcquireRequest, now: number): AcquireOutcome {
  const { id: sessionId, name: sessionName, ...said } = row;
  const { leaseId } = request;
  const lease = { ...said, leaseId, sessionId, sessionName, expiresAt: endOf(request, now) };
  return { kind: 'granted', lease, repeated: false };
}

function endOf({ ttlSeconds }: AcquireRequest, now: number): number {
  return now + ttlSeconds * 1000;
}

async function leaseOf(unit: Unit, row: SessionRow, leaseId: string): Promise<Lease> {
  const { type, host, port, user, pass } = proxies;
  const proxy =
    row.proxyId === null
      ? []
      : await unit.db
          .select({ type, host, port, user, pass })
          .from(proxies)
          .where(eq(proxies.id, row.proxyId));
  const { file, jsonFile, format, phoneNumber, userId, apiId, tags } = row;
  const said = { file, jsonFile, format, phoneNumber, userId, apiId, tags, proxy: proxy[0] ?? null };
  return { leaseId, sessionId: row.id, sessionName: row.name, expiresAt: row.stateUntil ?? 0, ...said };
}
