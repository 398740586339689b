import { eq } from 'drizzle-orm';
import { cancelled, deferred, ended, marked, type RunChange, taken } from '../../scraping/run_states.js';
import type { BeginOutcome, Run, RunEnd, RunReason, RunStore } from '../../scraping/store.js';
import type { InTransaction } from './in_transaction.js';
import { RunRows } from './run_rows.js';
import { sources } from './scraping_schema.js';
import { lockShared } from './shared_locks.js';

type Queue = Pick<RunStore, 'begin' | 'take' | 'renew' | 'mark' | 'defer' | 'finish' | 'cancel'>;

/** Which replica carries out which run, in PostgreSQL. */
export class RunQueue implements Queue {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  begin(sourceId: number, reason: RunReason, now: number): Promise<BeginOutcome> {
    return this.#run(async (db) => {
      const rows = new RunRows(db);
      if (!(await rows.lockSource(sourceId))) return { kind: 'unknown' };
      const other = await rows.unfinished(sourceId);
      if (other) return { kind: 'running', runId: other.id };
      const run = await rows.add(sourceId, reason, now);
      await rows.dropOld(sourceId);
      return { kind: 'begun', run };
    });
  }

  take(owner: string, until: number, most: number, now: number): Promise<Run | null> {
    return this.#run(async (db) => {
      // Two replicas that count at one moment would both find room for one more.
      await lockShared(db, 'runs');
      const rows = new RunRows(db);
      await rows.endAbandoned(now);
      if ((await rows.carriedOut(now)) >= most) return null;
      const run = await rows.next(now);
      return run ? ((await rows.write(run.id, taken(run, owner, until, now))) ?? null) : null;
    });
  }

  async renew(id: number, owner: string, until: number): Promise<{ cancelRequested: boolean } | null> {
    const run = await this.#change(id, owner, () => ({ ownedUntil: until }));
    return run && { cancelRequested: run.cancelRequested };
  }

  async mark(
    id: number,
    owner: string,
    state: 'running' | 'waiting',
    sessionName: string | null,
    now: number,
  ): Promise<boolean> {
    return (await this.#change(id, owner, (run) => marked(run, state, sessionName, now))) !== null;
  }

  async defer(id: number, owner: string, error: string, notBefore: number): Promise<boolean> {
    return (await this.#change(id, owner, () => deferred(error, notBefore))) !== null;
  }

  finish(id: number, owner: string, end: RunEnd, error: string | null, now: number): Promise<boolean> {
    return this.#run(async (db) => {
      const rows = new RunRows(db);
      const run = await rows.ownedWithSource(id, owner);
      if (!run) return false;
      await rows.write(id, ended(end, error, now));
      if (end === 'completed') {
        await db.update(sources).set({ lastScrapedAt: now }).where(eq(sources.id, run.sourceId));
      }
      return true;
    });
  }

  cancel(id: number, now: number): Promise<boolean | null> {
    return this.#run(async (db) => {
      const rows = new RunRows(db);
      const run = await rows.locked(id);
      if (!run) return null;
      const change = cancelled(run, now);
      if (change) await rows.write(id, change);
      return change !== null;
    });
  }

  /** Changes a run of this owner: as it was before; null: it is another's by now. */
  #change(id: number, owner: string, change: (run: Run) => RunChange): Promise<Run | null> {
    return this.#run(async (db) => {
      const rows = new RunRows(db);
      const run = await rows.owned(id, owner);
      if (run) await rows.write(id, change(run));
      return run ?? null;
    });
  }
}
