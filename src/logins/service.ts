import { authKeyDigest } from '../intake/formats/session_string.js';
import { BadRequest } from '../kernel/errors.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import type { SessionRecord } from '../sessions/store.js';
import type { Application, ChooseApplication, GivenApplication } from '../telegram/application.js';
import { saysNotLoggedIn } from '../telegram/auth_key_errors.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { SentCode, SignIn, TelegramGateway } from '../telegram/gateway.js';
import type { FinishingParts, LoginFinishing } from './finishing.js';
import { loginRefusal, notAdded, parseCode, parsePhoneNumber } from './refusals.js';
import { replacedBy } from './saving.js';
import type { ClaimedLogin } from './steps.js';
import type { PendingLogin } from './store.js';

export interface LoginServiceParts extends FinishingParts {
  readonly finishing: LoginFinishing;
  readonly chooseApplication: ChooseApplication;
  readonly newId: () => string;
  /** How long a login may take, in milliseconds. */
  readonly ttlMs: number;
}

/** The recipient of a code. */
export interface CodeRequest extends GivenApplication {
  readonly phoneNumber: string;
  /** If given, three steps: `finalize` saves it. Null: `verify` saves it. */
  readonly sessionName: string | null;
}

/** A code that was sent, and the login that waits for it. */
export interface CodeSent {
  readonly id: string;
  readonly phoneNumber: string;
  readonly sent: SentCode;
}

/** How long finding out whether a login succeeded after all may take, in seconds. */
const RESOLVE_SECONDS = 15;

/** What a user typed. */
interface Entered {
  readonly code: string;
  /** Null: none was sent. */
  readonly password: string | null;
}

/** Whether the account is logged in now; `hint`: of the password that is still required. */
export type Progress =
  | { readonly kind: 'ready' }
  | { readonly kind: 'password_needed'; readonly hint: string | null };

/** What a user typed; undefined: not sent. */
export interface Verification {
  readonly code: string;
  readonly password: string | undefined;
  readonly sessionName: string | undefined;
}

/** The state of a login after its code was verified. */
export type Verified = Progress | { readonly kind: 'saved'; readonly session: SessionRecord };

/** Logins with a code, step by step. */
export class LoginService {
  readonly #parts: LoginServiceParts;

  constructor(parts: LoginServiceParts) {
    this.#parts = parts;
  }

  /**
   * Makes Telegram send a code.
   * @throws BadRequest for a phone number or application that Telegram rejects; Conflict if a session has the name or
   * phone number; TooMany if Telegram asks to wait; BadGateway, GatewayTimeout.
   */
  async sendCode(request: CodeRequest, holder: string): Promise<CodeSent> {
    const { gateway, chooseApplication, proxy, newId } = this.#parts;
    const phoneNumber = parsePhoneNumber(request.phoneNumber);
    const application = chooseApplication(request);
    const { sessionName: name } = request;
    // A code would be wasted on a login that can't be saved.
    await replacedBy(this.#parts, { name, phoneNumber, authKeySha256: null, loginId: null });
    const sent = await gateway.sendCode({ phoneNumber, application, proxy }).catch((error: unknown) => {
      throw loginRefusal(error);
    });
    const id = newId();
    await this.#store({ id, holder, phoneNumber, sessionName: name }, { ...sent, application });
    return { id, phoneNumber, sent };
  }

  /** Makes Telegram send the code again, in the next way. @throws as `sendCode`, NotFound. */
  resend(id: string, holder: string): Promise<CodeSent> {
    const { steps, finishing, gateway, proxy, clock, ttlMs } = this.#parts;
    const taken = () =>
      new BadRequest('The code was already accepted: there is none to send', {
        code: 'code_already_accepted',
      });
    return steps.run(id, holder, async (claim) => {
      if (await finishing.saved(id, holder)) throw taken();
      return claim(async ({ login, secret, change }) => {
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
   * Sends Telegram the code and, if required, the password; a login without a `finalize` is saved. Repeating the same
   * code gets the same answer.
   * @throws NotFound, BadRequest, Conflict, TooMany, BadGateway, GatewayTimeout.
   */
  verify(id: string, holder: string, given: Verification): Promise<Verified> {
    const { steps, finishing, gateway, proxy } = this.#parts;
    const code = parseCode(given.code);
    const password = given.password ?? null;
    return steps.run(id, holder, async (claim) => {
      const session = await finishing.saved(id, holder);
      if (session) return { kind: 'saved', session };
      const { progress, saveAtOnce } = await claim(async (claimed) => {
        const { login, secret, change } = claimed;
        if (login.kind === 'upload')
          throw new BadRequest('An uploaded session needs no code: finalize it', { code: 'code_not_needed' });
        if (given.sessionName !== undefined) change({ sessionName: given.sessionName });
        const { saveAtOnce } = login;
        if (login.stage !== 'ready')
          return { progress: await signIn(gateway, proxy, claimed, { code, password }), saveAtOnce };
        if (code !== secret.acceptedCode)
          throw new BadRequest('Invalid OTP code', { code: 'invalid_otp_code', field: 'code' });
        return { progress: { kind: 'ready' } as const, saveAtOnce };
      });
      if (progress.kind !== 'ready' || !saveAtOnce) return progress;
      return { kind: 'saved', session: await finishing.save(claim, null) };
    });
  }

  async #store(
    login: Pick<PendingLogin, 'id' | 'holder' | 'phoneNumber' | 'sessionName'>,
    {
      key,
      phoneCodeHash,
      application,
    }: Pick<SentCode, 'key' | 'phoneCodeHash'> & { application: Application },
  ): Promise<void> {
    const { store, secrets, clock, ttlMs } = this.#parts;
    const secret = await secrets.encrypt(login.id, {
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

/**
 * Signs in with the code, and with the password if the account has one: the login is then `ready`, or waits for the
 * password. @throws Telegram's errors; the login has advanced as far as Telegram let it.
 */
export async function signIn(
  gateway: TelegramGateway,
  proxy: ProxyAddress | null,
  claimed: ClaimedLogin,
  entered: Entered,
): Promise<Progress> {
  const { login, secret } = claimed;
  const underWay = { ...secret, phoneNumber: login.phoneNumber ?? '', proxy };
  const found = login.inDoubt ? await succeededBefore(gateway, claimed, proxy) : null;
  if (found?.kind === 'signed_in') return advance(claimed, entered.code, found);
  if (found) claimed.change({ stage: 'password' });
  if (found || login.stage === 'password') {
    if (entered.password === null) return { kind: 'password_needed', hint: null };
    return advance(claimed, null, await gateway.checkPassword(underWay, entered.password));
  }
  const { phoneCodeHash } = secret;
  if (phoneCodeHash === null)
    throw new BadRequest('Invalid OTP code', { code: 'invalid_otp_code', field: 'code' });
  try {
    const result = await gateway.signIn({ ...underWay, phoneCodeHash }, entered.code, entered.password);
    return advance(claimed, entered.code, result);
  } catch (error) {
    // Telegram accepted the code; from here on only the password is missing.
    const accepted = error instanceof TelegramRefused && error.method === 'auth.checkPassword';
    if (accepted) claimed.change({ stage: 'password' }, { ...secret, acceptedCode: entered.code });
    throw error;
  }
}

/** What a step whose answer was lost achieved; null: it did not sign in. */
async function succeededBefore(
  gateway: TelegramGateway,
  { secret }: ClaimedLogin,
  proxy: ProxyAddress | null,
): Promise<SignIn | null> {
  const { key, application } = secret;
  try {
    const account = await gateway.withAccount(
      { key, apiId: application.apiId, proxy, withinSeconds: RESOLVE_SECONDS },
      (connected) => connected.whoAmI(),
    );
    return { kind: 'signed_in', account, key };
  } catch (error) {
    if (!saysNotLoggedIn(error)) throw error;
    return error.telegramError === 'SESSION_PASSWORD_NEEDED'
      ? { kind: 'password_needed', hint: null, key }
      : null;
  }
}

function advance({ login, secret, change }: ClaimedLogin, code: string | null, result: SignIn): Progress {
  const { key } = result;
  const acceptedCode = code ?? secret.acceptedCode;
  if (result.kind === 'password_needed') {
    change({ stage: 'password' }, { ...secret, key, acceptedCode });
    return { kind: 'password_needed', hint: result.hint };
  }
  const { account } = result;
  const phoneNumber = account.phoneNumber ?? login.phoneNumber;
  const changed = { ...secret, key, acceptedCode, userId: account.id };
  change({ stage: 'ready', phoneNumber, authKeySha256: authKeyDigest(key.authKey) }, changed);
  return { kind: 'ready' };
}
