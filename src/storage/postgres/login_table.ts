import {
  claimOf,
  claimUntil,
  liveLogin,
  pendingLogin,
  type Settlement,
  settledBy,
} from '../../logins/login_claims.js';
import type { Wanted } from '../../logins/login_conflicts.js';
import type {
  AddOutcome,
  ClaimOutcome,
  LoginStore,
  NewSession,
  PendingLogin,
  SaveOutcome,
  Taken,
} from '../../logins/store.js';
import type { Deadlines } from './deadlines.js';
import { addLogin } from './login_adding.js';
import { LoginRows } from './login_rows.js';
import { Obstacles } from './obstacles.js';
import { Resting } from './resting.js';
import { Saving } from './saving.js';
import { lockShared } from './shared_locks.js';
import type { Unit } from './unit.js';
import type { Units } from './units.js';

/**
 * Logins under way, in PostgreSQL. Whatever decides who has which auth key or name waits for the lock
 * `identities`, and takes the login's row only then.
 */
export class LoginTable implements LoginStore {
  readonly #units: Units;
  readonly #deadlines: Deadlines;

  constructor(units: Units, deadlines: Deadlines) {
    this.#units = units;
    this.#deadlines = deadlines;
  }

  add(login: PendingLogin, claimedUntil: number | null, now: number): Promise<AddOutcome> {
    return this.#identifying(now, (unit) => addLogin(unit, login, claimedUntil, now));
  }

  login(id: string, holder: string, now: number): Promise<PendingLogin | null> {
    return this.#units.run(async ({ db }) => {
      const row = liveLogin(await new LoginRows(db).byId(id), now);
      return row?.holder === holder ? pendingLogin(row) : null;
    });
  }

  claim(id: string, holder: string, until: number, now: number): Promise<ClaimOutcome> {
    return this.#units.run(async ({ db }) => {
      const logins = new LoginRows(db);
      const outcome = claimOf(await logins.locked(id), holder, now);
      if (outcome.kind === 'claimed') await logins.write(id, claimUntil(until));
      return outcome;
    });
  }

  settle(id: string, change: Settlement): Promise<void> {
    return this.#units.run(async ({ db }) => {
      if (change.authKeySha256 !== undefined) await lockShared(db, 'identities');
      const logins = new LoginRows(db);
      const row = await logins.locked(id);
      if (row) await logins.write(id, settledBy(row, change));
    });
  }

  obstacle(wanted: Wanted): Promise<Taken | null> {
    return this.#units.run(({ db }) => new Obstacles(db).of(wanted));
  }

  save(id: string, session: NewSession, now: number): Promise<SaveOutcome> {
    return this.#identifying(now, (unit) => new Saving(unit).save(id, session, now));
  }

  remove(id: string, now: number): Promise<PendingLogin | null> {
    return this.#identifying(now, async (unit) => {
      const row = await new LoginRows(unit.db).drop(id);
      if (!row) return null;
      await new Resting(unit).loginOver(row.authKeySha256, now);
      return pendingLogin(row);
    });
  }

  expired(now: number, limit: number): Promise<PendingLogin[]> {
    return this.#units.run(async ({ db }) => (await new LoginRows(db).expired(now, limit)).map(pendingLogin));
  }

  /** A transaction in which nobody else gets a name or an auth key, or gives one up. */
  async #identifying<Result>(now: number, work: (unit: Unit) => Promise<Result>): Promise<Result> {
    await this.#deadlines.pass(now);
    return this.#units.run(async (unit) => {
      await lockShared(unit.db, 'identities');
      return work(unit);
    });
  }
}
