import { BadRequest } from '../errors.js';
import { authKeyDigest } from '../intake/formats/auth_key.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { SignIn, TelegramGateway } from '../telegram/gateway.js';
import { saysNotLoggedIn } from './refusals.js';
import type { ClaimedLogin } from './steps.js';

/** How long it may take to find out whether a login went through after all, in seconds. */
const DOUBT_SECONDS = 15;

/** What a user typed. */
export interface Entered {
  readonly code: string;
  /** Null: none was sent. */
  readonly password: string | null;
}

/** Whether the account is logged in now; `hint`: of the password that is still wanted. */
export type Entrance =
  | { readonly kind: 'ready' }
  | { readonly kind: 'password_needed'; readonly hint: string | null };

/** The code without the blanks and dashes that it is often shown with. @throws BadRequest where it can't be one. */
export function parseCode(text: string): string {
  const code = text.replace(/[\s-]/g, '');
  if (!/^[\p{L}\d]{1,32}$/u.test(code)) throw new BadRequest('Invalid OTP code');
  return code;
}

/**
 * Gives Telegram the code, and the password where one is wanted: the login is `ready` or waits for the
 * password then. @throws Telegram's errors, and the login is as far as Telegram let it come.
 */
export async function enter(
  gateway: TelegramGateway,
  proxy: ProxyAddress | null,
  claimed: ClaimedLogin,
  entered: Entered,
): Promise<Entrance> {
  const { login, secret } = claimed;
  const underWay = { ...secret, phoneNumber: login.phoneNumber ?? '', proxy };
  const found = login.inDoubt ? await wentThrough(gateway, claimed, proxy) : null;
  if (found?.kind === 'signed_in') return note(claimed, entered.code, found);
  if (found) claimed.change({ stage: 'password' });
  if (found || login.stage === 'password') {
    if (entered.password === null) return { kind: 'password_needed', hint: null };
    return note(claimed, null, await gateway.checkPassword(underWay, entered.password));
  }
  const { phoneCodeHash } = secret;
  if (phoneCodeHash === null) throw new BadRequest('Invalid OTP code');
  try {
    const result = await gateway.signIn({ ...underWay, phoneCodeHash }, entered.code, entered.password);
    return note(claimed, entered.code, result);
  } catch (error) {
    // Telegram took the code; from here on it wants nothing but the password.
    const took = error instanceof TelegramRefused && error.method === 'auth.checkPassword';
    if (took) claimed.change({ stage: 'password' }, { ...secret, acceptedCode: entered.code });
    throw error;
  }
}

/** Whether a step whose answer was lost logged the account in; null: it did not. */
async function wentThrough(
  gateway: TelegramGateway,
  { secret }: ClaimedLogin,
  proxy: ProxyAddress | null,
): Promise<SignIn | null> {
  const { key, application } = secret;
  try {
    const account = await gateway.withAccount(
      { key, apiId: application.apiId, proxy, withinSeconds: DOUBT_SECONDS },
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

function note({ login, secret, change }: ClaimedLogin, code: string | null, result: SignIn): Entrance {
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
