import { and, asc, count, eq, gt, inArray, isNotNull, isNull, ne, or, type SQL } from 'drizzle-orm';
import type { IntakeStore } from '../../intake/store.js';
import type { Tables } from '../tables.js';
import { affectedRows, type UnitOfWork, type UnitOfWorkRunner } from '../unit_of_work.js';
import { readValue, writeValue } from './key_value.js';
import { SessionFiles } from './session_files.js';

/** Rows that stand for session files. */
export function sessionImportRepository(units: UnitOfWorkRunner): IntakeStore {
  return {
    ...lists(units),
    async apply(changes, now) {
      await units.applyExpired(now);
      return units.run(async (unit) => {
        // Two replicas that find two files with one auth key at the same time must not make both leasable.
        await unit.lock('identities');
        const files = new SessionFiles(unit);
        const { unreadChannels } = files;
        const done = { added: 0, updated: 0, removed: 0, missing: 0, held: [] as string[], unreadChannels };
        for (const change of changes) {
          const what =
            change.kind === 'put' ? await files.look(change, now) : await files.gone(change.name, now);
          if (what === 'held') done.held.push(change.kind === 'put' ? change.found.name : change.name);
          else if (what) done[what] += 1;
        }
        return done;
      });
    },
    channelsRead: (id, fingerprint) =>
      units.run(async ({ db, tables: { sessions } }) => {
        await db.update(sessions).set({ fingerprint }).where(eq(sessions.id, id));
      }),
    readAgain: () =>
      units.run(async ({ db, tables: { sessions } }) => {
        const lacking = and(isNotNull(sessions.authKeySha256), isNull(sessions.credentials));
        const unread = and(hasFile(sessions), lacking, ne(sessions.fingerprint, ''));
        return affectedRows(await db.update(sessions).set({ fingerprint: '' }).where(unread));
      }),
    lastDevice: (machine) => units.run((unit) => readValue(unit, deviceName(machine))),
    saveDevice: (machine, device) => units.run((unit) => writeValue(unit, deviceName(machine), device)),
  };
}

function lists(
  units: UnitOfWorkRunner,
): Pick<IntakeStore, 'known' | 'knownOf' | 'total' | 'missing' | 'authKeys'> {
  return {
    known: (afterId, limit) =>
      units.run(async (unit) => {
        const rows = await filesWhere(unit, gt(unit.tables.sessions.id, afterId)).limit(limit);
        return knownFiles(rows, afterId);
      }),
    knownOf: (names) =>
      units.run(async (unit) => {
        return knownFiles(await filesWhere(unit, inArray(unit.tables.sessions.name, [...names])), 0);
      }),
    total: () =>
      units.run(async ({ db, tables: { sessions } }) => {
        const [row] = await db.select({ n: count() }).from(sessions);
        return row?.n ?? 0;
      }),
    missing: (names) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const missing = and(inArray(sessions.name, [...names]), eq(sessions.baseState, 'missing'));
        const rows = await db.select({ name: sessions.name }).from(sessions).where(missing);
        return rows.map(({ name }) => name);
      }),
    authKeys: (names) =>
      units.run(async ({ db, tables: { sessions } }) => {
        const { name, authKeySha256: key } = sessions;
        const rows = await db
          .select({ name, key })
          .from(sessions)
          .where(inArray(name, [...names]));
        return Object.fromEntries(
          rows.flatMap(({ name, key }) => (key ? [[name, key.toString('hex')]] : [])),
        );
      }),
  };
}

/** The known files among these sessions, by id. */
function filesWhere({ db, tables: { sessions } }: UnitOfWork, condition: SQL) {
  const { id, name, fingerprint } = sessions;
  const found = db.select({ id, name, fingerprint }).from(sessions);
  return found.where(and(condition, hasFile(sessions))).orderBy(asc(id));
}

function hasFile(sessions: Tables['sessions']) {
  return or(isNotNull(sessions.file), isNotNull(sessions.jsonFile));
}

function knownFiles(
  rows: readonly { readonly id: number; readonly name: string; readonly fingerprint: string }[],
  before: number,
) {
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
