import { and, asc, count, gt, inArray, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { AppliedCounts, FileChange, IntakeStore, KnownFiles } from '../../intake/store.js';
import { deviceFact } from '../device_fact.js';
import type { Synchronous } from '../synchronous.js';
import type { Deadlines } from './deadlines.js';
import type { Facts } from './facts.js';
import type { FileRows } from './file_rows.js';
import { sessions } from './schema.js';
import type { SessionRows } from './session_rows.js';

const HAS_FILE = or(isNotNull(sessions.file), isNotNull(sessions.jsonFile));

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
      .where(and(gt(sessions.id, sql.placeholder('after')), HAS_FILE))
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
    const named = names.flatMap((name) => this.#parts.rows.byName(name) ?? []);
    const rows = named.filter(({ file, jsonFile }) => file !== null || jsonFile !== null);
    return {
      lastId: rows.at(-1)?.id ?? 0,
      names: rows.map((row) => row.name),
      fingerprints: rows.map((row) => row.fingerprint),
    };
  }

  total(): number {
    return this.#parts.db.select({ n: count() }).from(sessions).get()?.n ?? 0;
  }

  missing(names: readonly string[]): string[] {
    const rows = names.flatMap((name) => this.#parts.rows.byName(name) ?? []);
    return rows.flatMap(({ name, rest }) => (rest === 'missing' ? [name] : []));
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
      const what = change.kind === 'put' ? files.look(change, now) : files.gone(change.name, now);
      if (what === 'held') done.held.push(change.kind === 'put' ? change.found.name : change.name);
      else if (what) done[what] += 1;
    }
    return done;
  }

  readAgain(): number {
    const lacking = and(isNotNull(sessions.authKeySha256), isNull(sessions.credentials));
    const unread = and(HAS_FILE, lacking, ne(sessions.fingerprint, ''));
    return this.#parts.db.update(sessions).set({ fingerprint: '' }).where(unread).run().changes;
  }

  lastDevice(machine: string): string | null {
    return this.#parts.facts.get(deviceFact(machine));
  }

  saveDevice(machine: string, device: string): void {
    this.#parts.facts.set(deviceFact(machine), device);
  }
}
