import { and, asc, count, eq, gt, inArray, isNotNull, isNull, ne, or } from 'drizzle-orm';
import type { AppliedCounts, FileChange, IntakeStore, KnownFiles } from '../../intake/store.js';
import type { Tables } from '../tables.js';
import { affectedRows, type UnitOfWorkRunner } from '../unit_of_work.js';
import { readValue, writeValue } from './key_value.js';
import { SessionFiles } from './session_files.js';

/** Rows that stand for session files. */
export class SessionImportRepository implements IntakeStore {
  readonly #units: UnitOfWorkRunner;

  constructor(units: UnitOfWorkRunner) {
    this.#units = units;
  }

  known(afterId: number, limit: number): Promise<KnownFiles> {
    return this.#units.run(async ({ db, tables: { sessions } }) => {
      const after = and(gt(sessions.id, afterId), hasFile(sessions));
      const rows = await db
        .select(known(sessions))
        .from(sessions)
        .where(after)
        .orderBy(asc(sessions.id))
        .limit(limit);
      return knownFiles(rows, afterId);
    });
  }

  knownOf(names: readonly string[]): Promise<KnownFiles> {
    return this.#units.run(async ({ db, tables: { sessions } }) => {
      const named = and(inArray(sessions.name, [...names]), hasFile(sessions));
      return knownFiles(
        await db.select(known(sessions)).from(sessions).where(named).orderBy(asc(sessions.id)),
        0,
      );
    });
  }

  total(): Promise<number> {
    return this.#units.run(async ({ db, tables: { sessions } }) => {
      const [row] = await db.select({ n: count() }).from(sessions);
      return row?.n ?? 0;
    });
  }

  missing(names: readonly string[]): Promise<string[]> {
    return this.#units.run(async ({ db, tables: { sessions } }) => {
      const missing = and(inArray(sessions.name, [...names]), eq(sessions.baseState, 'missing'));
      const rows = await db.select({ name: sessions.name }).from(sessions).where(missing);
      return rows.map(({ name }) => name);
    });
  }

  authKeys(names: readonly string[]): Promise<Record<string, string>> {
    return this.#units.run(async ({ db, tables: { sessions } }) => {
      const rows = await db
        .select({ name: sessions.name, key: sessions.authKeySha256 })
        .from(sessions)
        .where(inArray(sessions.name, [...names]));
      return Object.fromEntries(rows.flatMap(({ name, key }) => (key ? [[name, key.toString('hex')]] : [])));
    });
  }

  async apply(changes: readonly FileChange[], now: number): Promise<AppliedCounts> {
    await this.#units.applyExpired(now);
    return this.#units.run(async (unit) => {
      // Two replicas that find two files with one auth key at the same time must not make both leasable.
      await unit.lock('identities');
      const files = new SessionFiles(unit);
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
    return this.#units.run(async ({ db, tables: { sessions } }) => {
      const lacking = and(isNotNull(sessions.authKeySha256), isNull(sessions.credentials));
      const unread = and(hasFile(sessions), lacking, ne(sessions.fingerprint, ''));
      return affectedRows(await db.update(sessions).set({ fingerprint: '' }).where(unread));
    });
  }

  lastDevice(machine: string): Promise<string | null> {
    return this.#units.run((unit) => readValue(unit, deviceName(machine)));
  }

  saveDevice(machine: string, device: string): Promise<void> {
    return this.#units.run((unit) => writeValue(unit, deviceName(machine), device));
  }
}

function hasFile(sessions: Tables['sessions']) {
  return or(isNotNull(sessions.file), isNotNull(sessions.jsonFile));
}

function known({ id, name, fingerprint }: Tables['sessions']) {
  return { id, name, fingerprint };
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

/** Names the device of SESSIONS_DIR per machine; '' if there is only one machine. */
function deviceName(machine: string): string {
  return machine === '' ? 'sessions_dir.device' : `sessions_dir.device.${machine}`;
}
