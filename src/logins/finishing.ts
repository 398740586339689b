import type { Logger } from 'winston';
import type { Clock } from '../clock.js';
import { Conflict, NotFound } from '../errors.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import type { SessionRecord, SessionStore } from '../sessions/store.js';
import type { TelegramGateway } from '../telegram/gateway.js';
import type { SessionSaving } from './saving.js';
import type { LoginSecret, LoginSecrets } from './secret.js';
import type { LoginSteps, Take } from './steps.js';
import type { LoginStore, PendingLogin } from './store.js';

/** How long a login that nobody wants may take to be logged out, in seconds. */
const LOG_OUT_SECONDS = 10;

/** Logins that are dropped in one go when their time is over. */
const EXPIRED_AT_ONCE = 100;

export interface FinishingParts {
  readonly store: LoginStore;
  readonly steps: LoginSteps;
  readonly secrets: LoginSecrets;
  readonly saving: SessionSaving;
  readonly sessions: SessionStore;
  readonly gateway: TelegramGateway;
  /** How logins get to Telegram; null: straight. */
  readonly proxy: ProxyAddress | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Gives a session another name. */
export type Rename = (session: SessionRecord, name: string) => Promise<SessionRecord>;

/** The ends of a login: it is saved, cancelled, or its time is over. */
export class LoginFinishing {
  readonly #parts: FinishingParts;

  constructor(parts: FinishingParts) {
    this.#parts = parts;
  }

  /** The session that the login became; null: none yet. @throws NotFound where login or session are gone. */
  async saved(id: string, holder: string): Promise<SessionRecord | null> {
    const { store, sessions, clock } = this.#parts;
    const login = await store.login(id, holder, clock.now());
    if (!login) throw new NotFound('Temp session not found');
    if (login.stage !== 'saved') return null;
    const session = login.sessionId === null ? null : await sessions.session(login.sessionId);
    if (!session) throw new NotFound('Temp session not found');
    return session;
  }

  /** Saves a login that came through. @throws Conflict while it has not, or something is in the way. */
  save(take: Take, name: string | null): Promise<SessionRecord> {
    return take(({ login, secret }) => {
      if (login.stage === 'ready') return this.#parts.saving.save({ login, secret, name });
      const message = 'This login has not come through yet: verify its code first';
      throw new Conflict({ error: 'login_not_verified', message });
    });
  }

  /** Saves a login as a session of this name; one that is saved already may get another name. @throws NotFound, Conflict. */
  async finalize(id: string, holder: string, name: string | null, rename: Rename): Promise<SessionRecord> {
    return this.#parts.steps.run(id, holder, async (take) => {
      const session = await this.saved(id, holder);
      if (!session) return this.save(take, name);
      return name === null || name === session.name ? session : rename(session, name);
    });
  }

  /** Ends a login that is not to be. @throws NotFound. */
  async cancel(id: string, holder: string): Promise<void> {
    const { steps, store, clock } = this.#parts;
    await steps.run(id, holder, async (take) => {
      if (await this.saved(id, holder)) await store.remove(id, clock.now());
      else await take(({ login, secret }) => this.#abandon(login, secret));
    });
  }

  /** Drops the logins whose time is over. */
  async expire(): Promise<void> {
    const { store, secrets, clock } = this.#parts;
    for (const login of await store.expired(clock.now(), EXPIRED_AT_ONCE)) {
      const secret =
        login.secret === '' ? null : await secrets.open(login.id, login.secret).catch(() => null);
      if (secret) await this.#abandon(login, secret);
      else await store.remove(login.id, clock.now());
    }
  }

  /** Forgets a login, and logs out what it logged in: nobody knows of that session. */
  async #abandon(login: PendingLogin, { key, application }: LoginSecret): Promise<void> {
    const { store, gateway, proxy, clock, logger } = this.#parts;
    await store.remove(login.id, clock.now());
    if (login.kind !== 'code' || login.stage !== 'ready') return;
    const access = { key, apiId: application.apiId, proxy, withinSeconds: LOG_OUT_SECONDS };
    await gateway
      .withAccount(access, (account) => account.logOut())
      .catch((error) => logger.warn('a login that was given up could not be logged out', { error }));
  }
}
