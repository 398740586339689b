import { eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { cancelled, deferred, ended, marked, type RunChange, taken } from '../../scraping/run_states.js';
import type { BeginOutcome, Run, RunEnd, RunReason, RunStore } from '../../scraping/store.js';
import type { Synchronous } from '../synchronous.js';
import { RunRows } from './run_rows.js';
import { sources } from './scraping_schema.js';

type Queue = Pick<Synchronous<RunStore>, 'begin' | 'take' | 'renew' | 'mark' | 'defer' | 'finish' | 'cancel'>;

/** Who carries out which run, in SQLite. */
export class RunQueue implements Queue {
  readonly #db: BetterSQLite3Database;
  readonly #rows: RunRows;

  constructor(db: BetterSQLite3Database) {
    this.#db = db;
    this.#rows = new RunRows(db);
  }

  begin(sourceId: number, reason: RunReason, now: number): BeginOutcome {
    if (!this.#rows.hasSource(sourceId)) return { kind: 'unknown' };
    const other = this.#rows.unfinished(sourceId);
    if (other) return { kind: 'running', runId: other.id };
    const run = this.#rows.add(sourceId, reason, now);
    this.#rows.dropOld(sourceId);
    return { kind: 'begun', run };
  }

  take(owner: string, until: number, most: number, now: number): Run | null {
    for (const { id } of this.#rows.abandoned(now)) this.#rows.write(id, ended('cancelled', null, now));
    if (this.#rows.carriedOut(now) >= most) return null;
    const run = this.#rows.next(now);
    if (!run) return null;
    this.#rows.write(run.id, taken(run, owner, until, now));
    return this.#rows.byId(run.id) ?? null;
  }

  renew(id: number, owner: string, until: number): { cancelRequested: boolean } | null {
    const run = this.#rows.owned(id, owner);
    if (!run) return null;
    this.#rows.write(id, { ownedUntil: until });
    return { cancelRequested: run.cancelRequested };
  }

  mark(
    id: number,
    owner: string,
    state: 'running' | 'waiting',
    sessionName: string | null,
    now: number,
  ): boolean {
    return this.#change(id, owner, (run) => marked(run, state, sessionName, now)) !== null;
  }

  defer(id: number, owner: string, error: string, notBefore: number): boolean {
    return this.#change(id, owner, () => deferred(error, notBefore)) !== null;
  }

  finish(id: number, owner: string, end: RunEnd, error: string | null, now: number): boolean {
    const run = this.#change(id, owner, () => ended(end, error, now));
    if (run && end === 'completed') {
      this.#db.update(sources).set({ lastScrapedAt: now }).where(eq(sources.id, run.sourceId)).run();
    }
    return run !== null;
  }

  cancel(id: number, now: number): boolean | null {
    const run = this.#rows.byId(id);
    if (!run) return null;
    const change = cancelled(run, now);
    if (change) this.#rows.write(id, change);
    return change !== null;
  }

  /** Changes a run of this owner: as it was before; null: it is not this owner's. */
  #change(id: number, owner: string, change: (run: Run) => RunChange): Run | null {
    const run = this.#rows.owned(id, owner);
    if (run) this.#rows.write(id, change(run));
    return run ?? null;
  }
}
