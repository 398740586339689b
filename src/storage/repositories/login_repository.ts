import {
  claimOf,
  claimUntil,
  liveLogin,
  pendingLogin,
  type Settlement,
  settledBy,
  type Wanted,
} from '../../logins/rules.js';
import type {
  AddOutcome,
  ClaimOutcome,
  LoginStore,
  NewSession,
  PendingLogin,
  SaveOutcome,
  Taken,
} from '../../logins/store.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { AuthKeyOwners } from './auth_key_owners.js';
import { addLogin } from './login_adding.js';
import { LoginConflicts } from './login_conflicts.js';
import { LoginRows } from './login_rows.js';
import { LoginSaving } from './login_saving.js';

/**
 * Pending logins. Whatever decides who has which auth key or name waits for the lock `identities` before it locks the
 * login's row.
 */
export class LoginRepository implements LoginStore {
  readonly #units: UnitOfWorkRunner;

  constructor(units: UnitOfWorkRunner) {
    this.#units = units;
  }

  add(login: PendingLogin, claimedUntil: number | null, now: number): Promise<AddOutcome> {
    return this.#identifying(now, (unit) => addLogin(unit, login, claimedUntil, now));
  }

  login(id: string, holder: string, now: number): Promise<PendingLogin | null> {
    return this.#units.run(async (unit) => {
      const row = liveLogin(await new LoginRows(unit).byId(id), now);
      return row?.holder === holder ? pendingLogin(row) : null;
    });
  }

  claim(id: string, holder: string, until: number, now: number): Promise<ClaimOutcome> {
    return this.#units.run(async (unit) => {
      const logins = new LoginRows(unit);
      const outcome = claimOf(await logins.locked(id), holder, now);
      if (outcome.kind === 'claimed') await logins.write(id, claimUntil(until));
      return outcome;
    });
  }

  settle(id: string, change: Settlement): Promise<void> {
    return this.#units.run(async (unit) => {
      if (change.authKeySha256 !== undefined) await unit.lock('identities');
      const logins = new LoginRows(unit);
      const row = await logins.locked(id);
      if (row) await logins.write(id, settledBy(row, change));
    });
  }

  conflict(wanted: Wanted): Promise<Taken | null> {
    return this.#units.run((unit) => new LoginConflicts(unit).of(wanted));
  }

  save(id: string, session: NewSession, now: number): Promise<SaveOutcome> {
    return this.#identifying(now, (unit) => new LoginSaving(unit).save(id, session, now));
  }

  remove(id: string, now: number): Promise<PendingLogin | null> {
    return this.#identifying(now, async (unit) => {
      const row = await new LoginRows(unit).drop(id);
      if (!row) return null;
      await new AuthKeyOwners(unit).loginOver(row.authKeySha256, now);
      return pendingLogin(row);
    });
  }

  expired(now: number, limit: number): Promise<PendingLogin[]> {
    return this.#units.run(async (unit) => (await new LoginRows(unit).expired(now, limit)).map(pendingLogin));
  }

  /** A transaction during which no other transaction takes or releases a name or auth key. */
  async #identifying<Result>(now: number, work: (unit: UnitOfWork) => Promise<Result>): Promise<Result> {
    await this.#units.applyExpired(now);
    return this.#units.run(async (unit) => {
      await unit.lock('identities');
      return work(unit);
    });
  }
}
