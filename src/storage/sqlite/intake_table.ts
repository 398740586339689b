import { asc, count, gt, inArray, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { AppliedCounts, FileChange, IntakeStore, KnownFiles } from '../../intake/store.js';
import type { Synchronous } from '../synchronous.js';
import type { Deadlines } from './deadlines.js';
import type { Facts } from './facts.js';
import type { FileRows } from './file_rows.js';
import { sessions } from './schema.js';
import type { SessionRows } from './session_rows.js';

const DEVICE = 'sessions_dir.device';

/** The parts of intake that share a database connection. */
export interface IntakeParts {
  readonly db: BetterSQLite3Database;
  readonly rows: SessionRows;
  readonly files: FileRows;
  readonly deadlines: Deadlines;
  readonly facts: Facts;
}

/** Rows that stand for session files, in SQLite. */
export class IntakeTable implements Synchronous<IntakeStore> {
  readonly #parts: IntakeParts;
  readonly #known;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#known = parts.db
      .select({ id: sessions.id, name: sessions.name, fingerprint: sessions.fingerprint })
      .from(sessions)
      .where(gt(sessions.id, sql.placeholder('after')))
      .orderBy(asc(sessions.id))
      .limit(sql.placeholder('limit'))
      .prepare();
  }

  known(afterId: number, limit: number): KnownFiles {
    const rows = this.#known.all({ after: afterId, limit });
    return {
      lastId: rows.at(-1)?.id ?? afterId,
      names: rows.map((row) => row.name),
      fingerprints: rows.map((row) => row.fingerprint),
    };
  }

  knownOf(names: readonly string[]): KnownFiles {
    const rows = names.flatMap((name) => this.#parts.rows.byName(name) ?? []);
    return {
      lastId: rows.at(-1)?.id ?? 0,
      names: rows.map((row) => row.name),
      fingerprints: rows.map((row) => row.fingerprint),
    };
  }

  total(): number {
    return this.#parts.db.select({ n: count() }).from(sessions).get()?.n ?? 0;
  }

  authKeys(names: readonly string[]): Record<string, string> {
    const { db } = this.#parts;
    const rows = db
      .select({ name: sessions.name, key: sessions.authKeySha256 })
      .from(sessions)
      .where(inArray(sessions.name, [...names]))
      .all();
    return Object.fromEntries(rows.flatMap(({ name, key }) => (key ? [[name, key.toString('hex')]] : [])));
  }

  apply(changes: readonly FileChange[], now: number): AppliedCounts {
    this.#parts.deadlines.pass(now);
    const done = { added: 0, updated: 0, removed: 0, missing: 0, held: [] as string[] };
    for (const change of changes) {
      const { files } = this.#parts;
      const what = change.kind === 'put' ? files.put(change, now) : files.gone(change.name, now);
      if (what === 'held') done.held.push(change.kind === 'put' ? change.found.name : change.name);
      else if (what) done[what] += 1;
    }
    return done;
  }

  lastDevice(): string | null {
    return this.#parts.facts.get(DEVICE);
  }

  saveDevice(device: string): void {
    this.#parts.facts.set(DEVICE, device);
  }
}
