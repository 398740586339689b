import { eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import {
  applyEvent,
  becameFree,
  type CountedSession,
  countsOf,
  freeSince,
  type HistoryEntry,
  type PoolColumns,
} from '../../pool/session_state.js';
import type { PoolEvent } from '../../pool/states.js';
import type { PoolNotice } from '../../pool/store.js';
import { MAX_NOTICES } from '../bounds.js';
import type { SessionRow } from '../tables.js';
import { placeholders } from './columns.js';
import type { Counts } from './counters.js';
import { history, sessions, sessionTags } from './schema.js';

const POOL_COLUMNS = Object.keys({
  state: true,
  stateReason: true,
  stateUntil: true,
  methodFlooded: true,
  lastUsedAt: true,
  leaseId: true,
  leaseHolder: true,
  leaseAddress: true,
  leaseTtlSeconds: true,
  leaseRenewed: true,
  leaseFence: true,
  cooldownUntil: true,
  unreleased: true,
  suspectedAt: true,
  condition: true,
  conditionDetail: true,
  usesDay: true,
  usesToday: true,
  usedUpUntil: true,
} satisfies Record<keyof PoolColumns, true>) as (keyof PoolColumns)[];

/**
 * The only way in which a session changes state: the transition table decides, and the row, its tags, the counters
 * and the history change together.
 */
export class SessionRows {
  readonly #byId;
  readonly #byName;
  readonly #save;
  readonly #saveTags;
  readonly #addToHistory;
  readonly #counts: Counts;
  /** Sessions that became free since the last `takeEffects`. */
  freed = 0;
  #notices: PoolNotice[] = [];
  /** No deadline is earlier than this; 0: unknown. */
  nextDeadline = 0;

  constructor(db: BetterSQLite3Database, counts: Counts) {
    this.#counts = counts;
    const itself = eq(sessions.id, sql.placeholder('id'));
    const named = eq(sessions.name, sql.placeholder('name'));
    const ofSession = eq(sessionTags.sessionId, sql.placeholder('id'));
    this.#byId = db.select().from(sessions).where(itself).prepare();
    this.#byName = db.select().from(sessions).where(named).prepare();
    this.#save = db
      .update(sessions)
      .set(placeholders(...POOL_COLUMNS))
      .where(itself)
      .prepare();
    this.#saveTags = db.update(sessionTags).set(placeholders('freeSince')).where(ofSession).prepare();
    this.#addToHistory = db
      .insert(history)
      .values(placeholders('sessionId', 'at', 'event', 'detail', 'leaseId', 'holder'))
      .prepare();
  }

  /** The row with this id, whose deadline may have passed. */
  rowOf(id: number): SessionRow | undefined {
    return this.#byId.get({ id });
  }

  /** As `rowOf`, by name. */
  rowNamed(name: string): SessionRow | undefined {
    return this.#byName.get({ name });
  }

  /**
   * Applies `event` to the session. Null if the table says that it changes nothing (and nothing is written); else the
   * updated row.
   */
  applyEvent(
    row: SessionRow,
    event: PoolEvent,
    changes: Partial<PoolColumns>,
    entry: HistoryEntry,
  ): SessionRow | null {
    const after = applyEvent(row, event, changes, entry.at);
    if (after === null) return null;
    const now = this.write(row, after);
    this.record(now, entry);
    return now;
  }

  /** Writes pool columns and updates counters, tags and deadlines accordingly. */
  write(row: SessionRow, changes: Partial<PoolColumns>): SessionRow {
    const now: SessionRow = { ...row, ...changes };
    this.#save.run({
      ...now,
      methodFlooded: Number(now.methodFlooded),
      leaseRenewed: Number(now.leaseRenewed),
      unreleased: now.unreleased.length === 0 ? '[]' : JSON.stringify(now.unreleased),
      conditionDetail: now.conditionDetail && JSON.stringify(now.conditionDetail),
    });
    this.count(row, -1);
    this.count(now, 1);
    if (now.tags.length > 0) this.#saveTags.run({ id: now.id, freeSince: freeSince(now) });
    this.expect(now.stateUntil);
    if (becameFree(row, now)) this.freed += 1;
    return now;
  }

  /** Adds the row to the counters (1) or subtracts it (-1). */
  count(row: CountedSession, sign: 1 | -1): void {
    for (const name of countsOf(row)) this.#counts.add(name, sign);
  }

  /** Adds an entry to the session's history, and to the notices. */
  record(row: Pick<SessionRow, 'id' | 'name' | 'leaseId'>, entry: HistoryEntry): void {
    const { at, event, detail = null, holder = null } = entry;
    this.#addToHistory.run({ sessionId: row.id, at, event, detail, leaseId: row.leaseId, holder });
    if (this.#notices.length >= MAX_NOTICES) return;
    this.#notices.push({ sessionId: row.id, sessionName: row.name, at, event, detail });
  }

  /** Called when a deadline was set: passed deadlines must be checked by then. */
  expect(until: number | null): void {
    if (until !== null && until < this.nextDeadline) this.nextDeadline = until;
  }

  /** Called when a session may serve waiting requests although its state has not changed. */
  wakeWaiting(): void {
    this.freed += 1;
  }

  /** What happened since the last call, of many events only the first few hundred; and the next deadline. */
  takeEffects() {
    const { freed, nextDeadline } = this;
    const notices = this.#notices;
    this.freed = 0;
    this.#notices = [];
    return { freed, notices, nextDeadline };
  }
}
