import { and, asc, count, eq, gt, inArray, isNotNull, isNull, ne, or } from 'drizzle-orm';
import type { AppliedCounts, FileChange, IntakeStore, KnownFiles } from '../../intake/store.js';
import { deviceFact } from '../device_fact.js';
import type { Db } from './connection.js';
import type { Deadlines } from './deadlines.js';
import { readFact, writeFact } from './facts.js';
import { FileRows } from './file_rows.js';
import { sessions } from './schema.js';
import { lockShared } from './shared_locks.js';
import type { Units } from './units.js';

const HAS_FILE = or(isNotNull(sessions.file), isNotNull(sessions.jsonFile));

const KNOWN = { id: sessions.id, name: sessions.name, fingerprint: sessions.fingerprint };

/** Rows that stand for session files, in PostgreSQL. */
export class IntakeTable implements IntakeStore {
  readonly #units: Units;
  readonly #deadlines: Deadlines;

  constructor(units: Units, deadlines: Deadlines) {
    this.#units = units;
    this.#deadlines = deadlines;
  }

  known(afterId: number, limit: number): Promise<KnownFiles> {
    return this.#read(async (db) => {
      const after = and(gt(sessions.id, afterId), HAS_FILE);
      const rows = await db.select(KNOWN).from(sessions).where(after).orderBy(asc(sessions.id)).limit(limit);
      return knownFiles(rows, afterId);
    });
  }

  knownOf(names: readonly string[]): Promise<KnownFiles> {
    return this.#read(async (db) => {
      const named = and(inArray(sessions.name, [...names]), HAS_FILE);
      return knownFiles(await db.select(KNOWN).from(sessions).where(named).orderBy(asc(sessions.id)), 0);
    });
  }

  total(): Promise<number> {
    return this.#read(async (db) => {
      const [row] = await db.select({ n: count() }).from(sessions);
      return row?.n ?? 0;
    });
  }

  missing(names: readonly string[]): Promise<string[]> {
    return this.#read(async (db) => {
      const missing = and(inArray(sessions.name, [...names]), eq(sessions.rest, 'missing'));
      const rows = await db.select({ name: sessions.name }).from(sessions).where(missing);
      return rows.map(({ name }) => name);
    });
  }

  authKeys(names: readonly string[]): Promise<Record<string, string>> {
    return this.#read(async (db) => {
      const rows = await db
        .select({ name: sessions.name, key: sessions.authKeySha256 })
        .from(sessions)
        .where(inArray(sessions.name, [...names]));
      return Object.fromEntries(rows.flatMap(({ name, key }) => (key ? [[name, key.toString('hex')]] : [])));
    });
  }

  async apply(changes: readonly FileChange[], now: number): Promise<AppliedCounts> {
    await this.#deadlines.pass(now);
    return this.#units.run(async (unit) => {
      // Two replicas that find two files with one auth key at once must not make both of them leasable.
      await lockShared(unit.db, 'identities');
      const files = new FileRows(unit);
      const done = { added: 0, updated: 0, removed: 0, missing: 0, held: [] as string[] };
      for (const change of changes) {
        const what =
          change.kind === 'put' ? await files.look(change, now) : await files.gone(change.name, now);
        if (what === 'held') done.held.push(change.kind === 'put' ? change.found.name : change.name);
        else if (what) done[what] += 1;
      }
      return done;
    });
  }

  readAgain(): Promise<number> {
    return this.#read(async (db) => {
      const lacking = and(isNotNull(sessions.authKeySha256), isNull(sessions.credentials));
      const unread = and(HAS_FILE, lacking, ne(sessions.fingerprint, ''));
      const { rowCount } = await db.update(sessions).set({ fingerprint: '' }).where(unread);
      return rowCount ?? 0;
    });
  }

  lastDevice(machine: string): Promise<string | null> {
    return this.#read((db) => readFact(db, deviceFact(machine)));
  }

  saveDevice(machine: string, device: string): Promise<void> {
    return this.#read((db) => writeFact(db, deviceFact(machine), device));
  }

  #read<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
    return this.#units.run(({ db }) => work(db));
  }
}

function knownFiles(
  rows: readonly { readonly id: number; readonly name: string; readonly fingerprint: string }[],
  before: number,
): KnownFiles {
  return {
    lastId: rows.at(-1)?.id ?? before,
    names: rows.map(({ name }) => name),
    fingerprints: rows.map(({ fingerprint }) => fingerprint),
  };
}
