import { digest, sameDigest } from '../../digests.js';
import { deadByFile } from '../../intake/auth_key_owner.js';
import {
  claimOf,
  claimUntil,
  keptLogin,
  MOST_UNDER_WAY,
  pendingLogin,
  type Settlement,
  settledBy,
} from '../../logins/login_claims.js';
import type { Wanted } from '../../logins/login_conflicts.js';
import type { AddOutcome, ClaimOutcome, LoginStore, PendingLogin, Taken } from '../../logins/store.js';
import { isHeld } from '../../pool/session_state.js';
import type { Synchronous } from '../synchronous.js';
import type { Resting } from './resting.js';
import { Saving, type SavingParts } from './saving.js';
import type { SessionRow } from './session_rows.js';

export interface LoginParts extends SavingParts {
  readonly resting: Resting;
}

/** Logins under way, in SQLite. */
export class LoginTable implements Synchronous<LoginStore> {
  readonly #parts: LoginParts;
  readonly save: Synchronous<LoginStore>['save'];

  constructor(parts: LoginParts) {
    this.#parts = parts;
    const saving = new Saving(parts);
    this.save = (id, session, now) => saving.save(id, session, now);
  }

  add(login: PendingLogin, claimedUntil: number | null, now: number): AddOutcome {
    const { logins, obstacles, deadlines } = this.#parts;
    deadlines.pass(now);
    if (logins.underWay(now) >= MOST_UNDER_WAY) return { kind: 'too_many' };
    const { phoneNumber, authKeySha256, sessionName } = login;
    const wanted = { name: sessionName, phoneNumber, authKeySha256, loginId: login.id, replaces: null };
    const taken = obstacles.ofAccount(wanted);
    if (taken) return taken;
    const own = this.#registered(login);
    if (own && isHeld(own)) return { kind: 'auth_key_taken', sessionId: own.id, sessionName: own.name };
    logins.add(keptLogin(login, claimedUntil, now));
    if (own) this.#setAside(own, now);
    return { kind: 'added' };
  }

  login(id: string, holder: string, now: number): PendingLogin | null {
    const row = this.#parts.logins.live(id, now);
    return row?.holder === holder ? pendingLogin(row) : null;
  }

  claim(id: string, holder: string, until: number, now: number): ClaimOutcome {
    const { logins } = this.#parts;
    const outcome = claimOf(logins.byId(id), holder, now);
    if (outcome.kind === 'claimed') logins.write(id, claimUntil(until));
    return outcome;
  }

  settle(id: string, change: Settlement): void {
    const { logins } = this.#parts;
    const row = logins.byId(id);
    if (row) logins.write(id, settledBy(row, change));
  }

  obstacle(wanted: Wanted): Taken | null {
    return this.#parts.obstacles.of(wanted);
  }

  remove(id: string, now: number): PendingLogin | null {
    const { logins, resting, deadlines } = this.#parts;
    deadlines.pass(now);
    const row = logins.byId(id);
    if (!row) return null;
    logins.drop(id);
    resting.loginOver(row.authKeySha256, now);
    return pendingLogin(row);
  }

  expired(now: number, limit: number): PendingLogin[] {
    return this.#parts.logins.expired(now, limit).map(pendingLogin);
  }

  /** The session that has this login's very name and auth key. */
  #registered({ sessionName, authKeySha256 }: PendingLogin): SessionRow | undefined {
    const row = sessionName === null ? undefined : this.#parts.rows.byName(sessionName);
    const key = digest(authKeySha256);
    return key !== null && row && sameDigest(row.authKeySha256, key) ? row : undefined;
  }

  /** It must not be leased while its auth key is used for the login. */
  #setAside(row: SessionRow, now: number): void {
    if (row.rest === 'missing') return;
    this.#parts.resting.settle(row, { dead: deadByFile(row), gained: false }, now);
  }
}
