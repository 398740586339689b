import { and, asc, count, eq, gt, isNull, lte, ne, or } from 'drizzle-orm';
import { deadByFile } from '../../intake/auth_key_owner.js';
import { digest, sameDigest } from '../../kernel/digests.js';
import {
  claimOf,
  claimUntil,
  liveLogin,
  MAX_PENDING_LOGINS,
  pendingLogin,
  settledBy,
  storedLogin,
} from '../../logins/rules.js';
import type { AddOutcome, LoginStore, PendingLogin } from '../../logins/store.js';
import { isHeld } from '../../pool/session_state.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { AuthKeyOwners } from './auth_key_owners.js';
import { accountConflict, loginConflict } from './login_conflicts.js';
import { lockLogin, writeLogin } from './login_rows.js';
import { saveLogin } from './login_saving.js';

/**
 * Pending logins. Whatever decides who has which auth key or name waits for the lock `identities` before it locks the
 * login's row.
 */
export function loginRepository(units: UnitOfWorkRunner): LoginStore {
  /** A transaction during which no other transaction takes or releases a name or auth key. */
  const identifying = async <Result>(now: number, work: (unit: UnitOfWork) => Promise<Result>) => {
    await units.applyExpired(now);
    return units.run(async (unit) => {
      await unit.lock('identities');
      return work(unit);
    });
  };
  return {
    add: (login, claimedUntil, now) => identifying(now, (unit) => addLogin(unit, login, claimedUntil, now)),
    login: (id, holder, now) =>
      units.run(async ({ db, tables: { pendingLogins: logins } }) => {
        const [row] = await db.select().from(logins).where(eq(logins.id, id));
        const login = liveLogin(row, now);
        return login?.holder === holder ? pendingLogin(login) : null;
      }),
    claim: (id, holder, until, now) =>
      units.run(async (unit) => {
        const outcome = claimOf(await lockLogin(unit, id), holder, now);
        if (outcome.kind === 'claimed') await writeLogin(unit, id, claimUntil(until));
        return outcome;
      }),
    settle: (id, change) =>
      units.run(async (unit) => {
        if (change.authKeySha256 !== undefined) await unit.lock('identities');
        const row = await lockLogin(unit, id);
        if (row) await writeLogin(unit, id, settledBy(row, change));
      }),
    secrets: () =>
      units.run(({ db, tables: { pendingLogins: logins } }) =>
        db.select({ id: logins.id, secret: logins.secret }).from(logins).where(ne(logins.secret, '')),
      ),
    replaceSecret: (id, before, anew) =>
      units.run(async ({ db, tables: { pendingLogins: logins } }) => {
        await db
          .update(logins)
          .set({ secret: anew })
          .where(and(eq(logins.id, id), eq(logins.secret, before)));
      }),
    conflict: (wanted) => units.run((unit) => loginConflict(unit, wanted)),
    save: (id, session, now) => identifying(now, (unit) => saveLogin(unit, id, session, now)),
    remove: (id, now) =>
      identifying(now, async (unit) => {
        const { pendingLogins: logins } = unit.tables;
        const [row] = await unit.db.delete(logins).where(eq(logins.id, id)).returning();
        if (!row) return null;
        await new AuthKeyOwners(unit).loginOver(row.authKeySha256, now);
        return pendingLogin(row);
      }),
    expired: (now, limit) =>
      units.run(async ({ db, tables: { pendingLogins: logins } }) => {
        const unclaimed = or(isNull(logins.claimedUntil), lte(logins.claimedUntil, now));
        const rows = await db
          .select()
          .from(logins)
          .where(and(lte(logins.expiresAt, now), unclaimed))
          .orderBy(asc(logins.expiresAt), asc(logins.createdAt))
          .limit(limit);
        return rows.map(pendingLogin);
      }),
  };
}

/** As `LoginStore.add`. The transaction holds the lock `identities`. */
async function addLogin(
  unit: UnitOfWork,
  login: PendingLogin,
  claimedUntil: number | null,
  now: number,
): Promise<AddOutcome> {
  const { db, tables } = unit;
  const { pendingLogins: logins } = tables;
  const pending = and(gt(logins.expiresAt, now), ne(logins.stage, 'saved'));
  const [found] = await db.select({ n: count() }).from(logins).where(pending);
  if ((found?.n ?? 0) >= MAX_PENDING_LOGINS) return { kind: 'too_many' };
  const { id, phoneNumber, authKeySha256, sessionName: name } = login;
  const taken = await accountConflict(unit, {
    name,
    phoneNumber,
    authKeySha256,
    loginId: id,
    replaces: null,
  });
  if (taken) return taken;
  const own = await sessionOf(unit, login, now);
  if (own && isHeld(own)) return { kind: 'auth_key_taken', sessionId: own.id, sessionName: own.name };
  await db.insert(logins).values(storedLogin(login, claimedUntil, now));
  // It must not be leased while the login uses its auth key.
  if (own && own.baseState !== 'missing')
    await new AuthKeyOwners(unit).reconcile(own, { dead: deadByFile(own), keyChanged: false }, now);
  return { kind: 'added' };
}

/** The session with exactly this login's name and auth key, locked. */
async function sessionOf(unit: UnitOfWork, { sessionName, authKeySha256 }: PendingLogin, now: number) {
  const key = digest(authKeySha256);
  const row = sessionName === null || key === null ? undefined : await unit.byName(sessionName, now);
  return row && sameDigest(row.authKeySha256, key) ? row : undefined;
}
