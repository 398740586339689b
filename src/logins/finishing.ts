import type { Logger } from 'winston';
import type { Clock } from '../kernel/clock.js';
import { Conflict, NotFound } from '../kernel/errors.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import type { SessionRecord, SessionStore } from '../sessions/store.js';
import type { TelegramGateway } from '../telegram/gateway.js';
import { leavesSession } from './rules.js';
import type { SessionSaving } from './saving.js';
import type { ClaimStep, LoginSecret, LoginSecrets, LoginSteps } from './steps.js';
import type { LoginStore, PendingLogin } from './store.js';

/** How long logging an abandoned login out may take, in seconds. */
const LOG_OUT_SECONDS = 10;

/** How many expired logins one call deletes. */
const MAX_EXPIRED = 100;

export interface FinishingParts {
  readonly store: LoginStore;
  readonly steps: LoginSteps;
  readonly secrets: LoginSecrets;
  readonly saving: SessionSaving;
  readonly sessions: SessionStore;
  readonly gateway: TelegramGateway;
  /** The proxy that logins go through; null: none. */
  readonly proxy: ProxyAddress | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Renames a session. */
export type Rename = (session: SessionRecord, name: string) => Promise<SessionRecord>;

/** How a login ends: it is saved, cancelled, or expires. */
export class LoginFinishing {
  readonly #parts: FinishingParts;

  constructor(parts: FinishingParts) {
    this.#parts = parts;
  }

  /** The session that the login became; null: none yet. @throws NotFound if the login or session is gone. */
  async saved(id: string, holder: string): Promise<SessionRecord | null> {
    const { store, sessions, clock } = this.#parts;
    const login = await store.login(id, holder, clock.now());
    if (!login) throw new NotFound('Temp session');
    if (login.stage !== 'saved') return null;
    const session = login.sessionId === null ? null : await sessions.session(login.sessionId);
    if (!session) throw new NotFound('Temp session');
    return session;
  }

  /** Saves a login that is ready. @throws Conflict if it is not, or if it conflicts with another session. */
  save(claim: ClaimStep, name: string | null): Promise<SessionRecord> {
    return claim(({ login, secret }) => {
      if (login.stage === 'ready') return this.#parts.saving.save({ login, secret, name });
      const message = 'This login is not complete: verify its code first';
      throw new Conflict({ error: 'login_not_verified', message });
    });
  }

  /** Saves a login as a session with this name; a saved one may get another name. @throws NotFound, Conflict. */
  async finalize(id: string, holder: string, name: string | null, rename: Rename): Promise<SessionRecord> {
    return this.#parts.steps.run(id, holder, async (claim) => {
      const session = await this.saved(id, holder);
      if (!session) return this.save(claim, name);
      return name === null || name === session.name ? session : rename(session, name);
    });
  }

  /** Cancels a login. @throws NotFound. */
  async cancel(id: string, holder: string): Promise<void> {
    const { steps, store, clock } = this.#parts;
    await steps.run(id, holder, async (claim) => {
      if (await this.saved(id, holder)) await store.remove(id, clock.now());
      else await claim(({ login, secret }) => this.#abandon(login, secret));
    });
  }

  /** Deletes expired logins. */
  async expire(): Promise<void> {
    const { store, secrets, clock } = this.#parts;
    for (const login of await store.expired(clock.now(), MAX_EXPIRED)) {
      const secret =
        login.secret === '' ? null : await secrets.decrypt(login.id, login.secret).catch(() => null);
      if (secret) await this.#abandon(login, secret);
      else await store.remove(login.id, clock.now());
    }
  }

  /** Deletes a login, and logs its session out if it has one: nobody else knows that session. */
  async #abandon(login: PendingLogin, { key, application }: LoginSecret): Promise<void> {
    const { store, gateway, proxy, clock, logger } = this.#parts;
    await store.remove(login.id, clock.now());
    if (!leavesSession(login)) return;
    const access = { key, apiId: application.apiId, proxy, withinSeconds: LOG_OUT_SECONDS };
    await gateway
      .withAccount(access, (account) => account.logOut())
      .catch((error) => logger.warn('an abandoned login could not be logged out', { error }));
  }
}
