import { Api } from 'telegram/tl/index.js';
import { TelegramRefused } from '../errors.js';
import type { LoginStart, LoginUnderWay, SentCode, SignIn } from '../gateway.js';
import type { TelegramConnection } from './connection.js';
import { atHome } from './home.js';
import type { Lines } from './lines.js';
import { checkPassword, passwordHint } from './password.js';
import { isRefusal } from './rpc_errors.js';
import { presentSentCode } from './sent_code.js';
import { presentAccount } from './user.js';

/** Has a code sent, by whichever data centre is the account's. Rejects as calls do. */
export function sendCode(lines: Lines, firstDc: number, login: LoginStart): Promise<SentCode> {
  return atHome(lines, firstDc, ['PHONE', 'NETWORK'], async (connection) => {
    const sent = await requestCode(connection, login);
    return presentSentCode(sent, connection.key, 'auth.sendCode');
  });
}

/** Has the code sent in the next way. Rejects as calls do. */
export async function resendCode(lines: Lines, login: LoginUnderWay): Promise<SentCode> {
  const { key, phoneNumber, phoneCodeHash } = login;
  const connection = await lines.open(key, key.authKey);
  const sent = await connection.call(new Api.auth.ResendCode({ phoneNumber, phoneCodeHash }));
  return presentSentCode(sent, connection.key, 'auth.resendCode');
}

/** Gives the code, and the password if one is wanted and known. Rejects as calls do. */
export async function signIn(
  lines: Lines,
  { key, phoneNumber, phoneCodeHash }: LoginUnderWay,
  phoneCode: string,
  password: string | null,
): Promise<SignIn> {
  const connection = await lines.open(key, key.authKey);
  try {
    const request = new Api.auth.SignIn({ phoneNumber, phoneCodeHash, phoneCode });
    return signedIn(connection, await connection.call(request), 'auth.signIn');
  } catch (error) {
    if (!isRefusal(error, 'SESSION_PASSWORD_NEEDED')) throw error;
  }
  if (password !== null) return givePassword(connection, password);
  return { kind: 'password_needed', hint: await passwordHint(connection), key: connection.key };
}

/** Gives the password of an account whose code was right. Rejects as calls do. */
export async function signInByPassword(
  lines: Lines,
  { key }: Pick<LoginUnderWay, 'key'>,
  password: string,
): Promise<SignIn> {
  return givePassword(await lines.open(key, key.authKey), password);
}

async function requestCode(
  connection: TelegramConnection,
  { phoneNumber, application }: LoginStart,
): Promise<Api.auth.TypeSentCode> {
  const { apiId, apiHash } = application;
  const settings = new Api.CodeSettings({});
  const request = (): Promise<Api.auth.TypeSentCode> =>
    connection.call(new Api.auth.SendCode({ phoneNumber, apiId, apiHash, settings }));
  try {
    return await request();
  } catch (error) {
    if (!isRefusal(error, 'AUTH_RESTART')) throw error;
    return request();
  }
}

async function givePassword(connection: TelegramConnection, password: string): Promise<SignIn> {
  return signedIn(connection, await checkPassword(connection, password), 'auth.checkPassword');
}

function signedIn(
  connection: TelegramConnection,
  authorization: Api.auth.TypeAuthorization,
  method: string,
): SignIn {
  // The code was right, but nobody has this number: an account would have to be made first.
  if (!(authorization instanceof Api.auth.Authorization)) {
    throw new TelegramRefused('PHONE_NUMBER_UNOCCUPIED', method);
  }
  const account = presentAccount(authorization.user, method);
  return { kind: 'signed_in', account, key: connection.key };
}
