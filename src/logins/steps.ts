import { decryptedOr, type Vault } from '../access/vault.js';
import type { Clock } from '../kernel/clock.js';
import { Conflict, NotFound } from '../kernel/errors.js';
import { KeyedMutex } from '../kernel/keyed_mutex.js';
import type { RememberedChannel } from '../peers/store.js';
import type { Application } from '../telegram/application.js';
import type { DcKey } from '../telegram/gateway.js';
import { loginRefusal } from './refusals.js';
import { isOutcomeUnknown } from './rules.js';
import type { ClaimOutcome, LoginChange, LoginStore, PendingLogin } from './store.js';

/** How long a step may claim a login, in milliseconds: longer than any step lasts. */
export const CLAIM_MS = 120_000;

export interface LoginStepsParts {
  readonly store: LoginStore;
  readonly secrets: LoginSecrets;
  readonly clock: Clock;
}

/** A login that one request has claimed. Its changes are written when the step ends, however it ends. */
export interface ClaimedLogin {
  readonly login: PendingLogin;
  readonly secret: LoginSecret;
  change(change: Omit<LoginChange, 'secret'>, secret?: LoginSecret): void;
}

/** Claims the login for one step, and writes what the step changed. */
export type ClaimStep = <Result>(step: (claimed: ClaimedLogin) => Promise<Result>) => Promise<Result>;

/**
 * Takes logins from step to step, one request at a time: two connections with one auth key at once would cost the
 * session.
 */
export class LoginSteps {
  readonly #parts: LoginStepsParts;
  readonly #mutex = new KeyedMutex();

  constructor(parts: LoginStepsParts) {
    this.#parts = parts;
  }

  /**
   * Runs steps of the login, after those of earlier requests.
   * @throws NotFound for a login that is unknown, expired, or another holder's.
   * @throws Conflict `login_busy` while another replica has claimed it; what a step throws, as `loginRefusal` words it.
   */
  async run<Result>(
    id: string,
    holder: string,
    work: (claim: ClaimStep) => Promise<Result>,
  ): Promise<Result> {
    const claim: ClaimStep = (step) => this.#claim(id, holder, step);
    try {
      return await this.#mutex.run(id, () => work(claim));
    } catch (error) {
      throw loginRefusal(error);
    }
  }

  async #claim<Result>(
    id: string,
    holder: string,
    step: (claimed: ClaimedLogin) => Promise<Result>,
  ): Promise<Result> {
    const { store, secrets, clock } = this.#parts;
    const now = clock.now();
    const login = claimed(await store.claim(id, holder, now + CLAIM_MS, now));
    const pending: { change: LoginChange; secret: LoginSecret | null } = { change: {}, secret: null };
    const settle = async (inDoubt: boolean) => {
      const secret = pending.secret && { secret: await secrets.encrypt(id, pending.secret) };
      await store.settle(id, { ...pending.change, ...secret, inDoubt });
    };
    try {
      const secret = await secrets.decrypt(id, login.secret);
      const change: ClaimedLogin['change'] = (changes, changed) => {
        pending.change = { ...pending.change, ...changes };
        pending.secret = changed ?? pending.secret;
      };
      const result = await step({ login, secret, change });
      await settle(false);
      return result;
    } catch (error) {
      await settle(isOutcomeUnknown(error, login.inDoubt)).catch(() => undefined);
      throw error;
    }
  }
}

function claimed(outcome: ClaimOutcome): PendingLogin {
  if (outcome.kind === 'claimed') return outcome.login;
  if (outcome.kind === 'unknown') throw new NotFound('Temp session');
  const message = 'Another request is processing this login: wait for its answer';
  throw new Conflict({ error: 'login_busy', message });
}

/** The secret data of a pending login. */
export interface LoginSecret {
  readonly key: DcKey;
  readonly application: Application;
  /** Null: the session was created elsewhere. */
  readonly phoneCodeHash: string | null;
  /** The code that Telegram accepted; null: none yet. */
  readonly acceptedCode: string | null;
  /** The session's user, in decimal digits; null: not known yet. */
  readonly userId: string | null;
  /** What an uploaded file remembers; undefined: nothing. */
  readonly channels?: readonly RememberedChannel[];
}

/** A secret as JSON: the auth key in base64. */
type SecretJson = Omit<LoginSecret, 'key'> & { readonly key: Omit<DcKey, 'authKey'> & { authKey: string } };

/** Encrypts the secrets of logins, each bound to its login's id. */
export class LoginSecrets {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  encrypt(id: string, secret: LoginSecret): Promise<string> {
    const { key } = secret;
    const json: SecretJson = { ...secret, key: { ...key, authKey: key.authKey.toString('base64') } };
    return this.#vault.encrypt(JSON.stringify(json), loginSecretContext(id));
  }

  /** @throws SecretUnreadable if no key decrypts it, or it is another login's. */
  async decrypt(id: string, encrypted: string): Promise<LoginSecret> {
    const message = "this login can't be decrypted with the keys in use: start it again";
    const text = await decryptedOr(this.#vault.decrypt(encrypted, loginSecretContext(id)), () => ({
      error: 'login_unreadable',
      message,
    }));
    const json: SecretJson = JSON.parse(text);
    return { ...json, key: { ...json.key, authKey: Buffer.from(json.key.authKey, 'base64') } };
  }
}

/** The context of the secret of a pending login. */
export function loginSecretContext(id: string): string {
  return `logins.secret:${id}`;
}
