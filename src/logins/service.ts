import { BadRequest } from '../errors.js';
import type { SessionRecord } from '../sessions/store.js';
import type { ChooseApplication, GivenApplication } from '../telegram/application.js';
import type { Application, SentCode } from '../telegram/gateway.js';
import { type Entrance, enter, parseCode } from './entering.js';
import type { FinishingParts, LoginFinishing } from './finishing.js';
import { parsePhoneNumber } from './phone_number.js';
import { loginRefusal, notAdded } from './refusals.js';
import { replacedBy } from './replaced.js';
import type { PendingLogin } from './store.js';

export interface LoginServiceParts extends FinishingParts {
  readonly finishing: LoginFinishing;
  readonly chooseApplication: ChooseApplication;
  readonly newId: () => string;
  /** How long a login may take, in milliseconds. */
  readonly ttlMs: number;
}

export interface CodeRequest extends GivenApplication {
  readonly phoneNumber: string;
  /** Given: three steps, `finalize` saves it. Null: `verify` saves it. */
  readonly sessionName: string | null;
}

/** A code that is on its way, and the login that waits for it. */
export interface CodeSent {
  readonly id: string;
  readonly phoneNumber: string;
  readonly sent: SentCode;
}

/** What a user typed; undefined: not sent. */
export interface Verification {
  readonly code: string;
  readonly password: string | undefined;
  readonly sessionName: string | undefined;
}

export type Verified = Entrance | { readonly kind: 'saved'; readonly session: SessionRecord };

/** Logging in by a code, step by step. */
export class LoginService {
  readonly #parts: LoginServiceParts;

  constructor(parts: LoginServiceParts) {
    this.#parts = parts;
  }

  /**
   * Has Telegram send a code.
   * @throws BadRequest for a phone number or application that Telegram refuses; Conflict where a session has
   * the name or phone number; TooMany when Telegram wants a pause; BadGateway, GatewayTimeout.
   */
  async sendCode(request: CodeRequest, holder: string): Promise<CodeSent> {
    const { gateway, chooseApplication, proxy, newId } = this.#parts;
    const phoneNumber = parsePhoneNumber(request.phoneNumber);
    const application = chooseApplication(request);
    const { sessionName: name } = request;
    // A code for a login that could not be saved in the end would be wasted.
    await replacedBy(this.#parts, { name, phoneNumber, authKeySha256: null, loginId: null });
    const sent = await gateway.sendCode({ phoneNumber, application, proxy }).catch((error: unknown) => {
      throw loginRefusal(error);
    });
    const id = newId();
    await this.#keep({ id, holder, phoneNumber, sessionName: name }, { ...sent, application });
    return { id, phoneNumber, sent };
  }

  /** Has Telegram send the code once more, by its next way. @throws as `sendCode`, NotFound. */
  resend(id: string, holder: string): Promise<CodeSent> {
    const { steps, finishing, gateway, proxy, clock, ttlMs } = this.#parts;
    const taken = () => new BadRequest('The code was taken already: there is none to send');
    return steps.run(id, holder, async (take) => {
      if (await finishing.saved(id, holder)) throw taken();
      return take(async ({ login, secret, change }) => {
        const { phoneCodeHash } = secret;
        const { phoneNumber } = login;
        if (login.stage !== 'code' || phoneCodeHash === null || phoneNumber === null) throw taken();
        const sent = await gateway.resendCode({ ...secret, phoneNumber, phoneCodeHash, proxy });
        const again = { ...secret, key: sent.key, phoneCodeHash: sent.phoneCodeHash };
        change({ expiresAt: clock.now() + ttlMs }, again);
        return { id, phoneNumber, sent };
      });
    });
  }

  /**
   * Gives Telegram the code and, where one is wanted, the password; a login without a `finalize` is saved.
   * The same code once more gets the same answer.
   * @throws NotFound, BadRequest, Conflict, TooMany, BadGateway, GatewayTimeout.
   */
  verify(id: string, holder: string, given: Verification): Promise<Verified> {
    const { steps, finishing, gateway, proxy } = this.#parts;
    const code = parseCode(given.code);
    const password = given.password ?? null;
    return steps.run(id, holder, async (take) => {
      const session = await finishing.saved(id, holder);
      if (session) return { kind: 'saved', session };
      const { entrance, saveAtOnce } = await take(async (claimed) => {
        const { login, secret, change } = claimed;
        if (login.kind === 'upload') throw new BadRequest('An uploaded session needs no code: finalize it');
        if (given.sessionName !== undefined) change({ sessionName: given.sessionName });
        const { saveAtOnce } = login;
        if (login.stage !== 'ready')
          return { entrance: await enter(gateway, proxy, claimed, { code, password }), saveAtOnce };
        if (code !== secret.acceptedCode) throw new BadRequest('Invalid OTP code');
        return { entrance: { kind: 'ready' } as const, saveAtOnce };
      });
      if (entrance.kind !== 'ready' || !saveAtOnce) return entrance;
      return { kind: 'saved', session: await finishing.save(take, null) };
    });
  }

  async #keep(
    login: Pick<PendingLogin, 'id' | 'holder' | 'phoneNumber' | 'sessionName'>,
    {
      key,
      phoneCodeHash,
      application,
    }: Pick<SentCode, 'key' | 'phoneCodeHash'> & { application: Application },
  ): Promise<void> {
    const { store, secrets, clock, ttlMs } = this.#parts;
    const secret = await secrets.seal(login.id, {
      key,
      application,
      phoneCodeHash,
      acceptedCode: null,
      userId: null,
    });
    const fresh = {
      kind: 'code',
      stage: 'code',
      authKeySha256: null,
      inDoubt: false,
      sessionId: null,
    } as const;
    const saveAtOnce = login.sessionName === null;
    const now = clock.now();
    const outcome = await store.add(
      { ...login, ...fresh, saveAtOnce, secret, expiresAt: now + ttlMs },
      null,
      now,
    );
    if (outcome.kind !== 'added') throw notAdded(outcome);
  }
}
