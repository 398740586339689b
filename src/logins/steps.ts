import type { Clock } from '../clock.js';
import { Conflict, NotFound } from '../errors.js';
import { isTelegramsWord, TelegramTimeout, TelegramUnreachable } from '../telegram/errors.js';
import { Turns } from '../turns.js';
import { loginRefusal } from './refusals.js';
import type { LoginSecret, LoginSecrets } from './secret.js';
import type { ClaimOutcome, LoginChange, LoginStore, PendingLogin } from './store.js';

/** How long a step may keep a login to itself, in milliseconds: longer than any step lasts. */
export const CLAIM_MS = 120_000;

export interface LoginStepsParts {
  readonly store: LoginStore;
  readonly secrets: LoginSecrets;
  readonly clock: Clock;
}

/** A login that one request has to itself. What it changes is written when the step ends, however it ends. */
export interface ClaimedLogin {
  readonly login: PendingLogin;
  readonly secret: LoginSecret;
  change(change: Omit<LoginChange, 'secret'>, secret?: LoginSecret): void;
}

/** One thing that is done with a login, alone. */
export type Step<Result> = (claimed: ClaimedLogin) => Promise<Result>;

/** Takes the login for a step, and writes what the step changed. */
export type Take = <Result>(step: Step<Result>) => Promise<Result>;

/**
 * Takes logins from step to step, one request at a time: two connections at once with one auth key would
 * cost the session.
 */
export class LoginSteps {
  readonly #parts: LoginStepsParts;
  readonly #turns = new Turns();

  constructor(parts: LoginStepsParts) {
    this.#parts = parts;
  }

  /**
   * Runs steps of the login, after those of the requests before.
   * @throws NotFound for a login that is unknown, expired, or another holder's.
   * @throws Conflict `login_busy` while another replica is at it; what a step throws, in a login's words.
   */
  async run<Result>(id: string, holder: string, work: (take: Take) => Promise<Result>): Promise<Result> {
    try {
      return await this.#turns.take(id, () => work((step) => this.#take(id, holder, step)));
    } catch (error) {
      throw loginRefusal(error);
    }
  }

  async #take<Result>(id: string, holder: string, step: Step<Result>): Promise<Result> {
    const { store, secrets, clock } = this.#parts;
    const now = clock.now();
    const login = claimed(await store.claim(id, holder, now + CLAIM_MS, now));
    const work: { change: LoginChange; secret: LoginSecret | null } = { change: {}, secret: null };
    const settle = async (inDoubt: boolean) => {
      const sealed = work.secret && { secret: await secrets.seal(id, work.secret) };
      await store.settle(id, { ...work.change, ...sealed, inDoubt });
    };
    try {
      const secret = await secrets.open(id, login.secret);
      const change: ClaimedLogin['change'] = (changes, changed) => {
        work.change = { ...work.change, ...changes };
        work.secret = changed ?? work.secret;
      };
      const result = await step({ login, secret, change });
      await settle(false);
      return result;
    } catch (error) {
      await settle(isInDoubt(error, login.inDoubt)).catch(() => undefined);
      throw error;
    }
  }
}

function claimed(outcome: ClaimOutcome): PendingLogin {
  if (outcome.kind === 'claimed') return outcome.login;
  if (outcome.kind === 'unknown') throw new NotFound('Temp session not found');
  const message = 'Another request is at this login: wait for its answer';
  throw new Conflict({ error: 'login_busy', message });
}

/** Whether Telegram may have carried out a step that ended like this. */
function isInDoubt(error: unknown, before: boolean): boolean {
  if (isTelegramsWord(error)) return false;
  return before || error instanceof TelegramTimeout || error instanceof TelegramUnreachable;
}
