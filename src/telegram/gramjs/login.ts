import { computeCheck } from 'telegram/Password.js';
import { Api } from 'telegram/tl/index.js';
import { TelegramRefused } from '../errors.js';
import type { Account, BotLogin, DcKey, LoginStart, LoginUnderWay, SentCode, SignIn } from '../gateway.js';
import { activeUsername } from './channels.js';
import type { Callable, TelegramConnection } from './connection.js';
import type { TaskConnections } from './connection_pool.js';
import { followDcMigration } from './dc_migration.js';
import { isRefusal } from './rpc_errors.js';

/** Requests a code, at the account's own data centre. Rejects as calls do. */
export function sendCode(
  connections: TaskConnections,
  firstDc: number,
  login: LoginStart,
): Promise<SentCode> {
  return followDcMigration(connections, firstDc, ['PHONE', 'NETWORK'], async (connection) => {
    const sent = await requestCode(connection, login);
    return toSentCode(sent, connection.key, 'auth.sendCode');
  });
}

/** Requests the code again, sent by its next way. Rejects as calls do. */
export async function resendCode(connections: TaskConnections, login: LoginUnderWay): Promise<SentCode> {
  const { key, phoneNumber, phoneCodeHash } = login;
  const connection = await connections.open(key, key.authKey);
  const sent = await connection.call(new Api.auth.ResendCode({ phoneNumber, phoneCodeHash }));
  return toSentCode(sent, connection.key, 'auth.resendCode');
}

/** Signs in with the code, and with the password if the account has one and it is given. Rejects as calls do. */
export async function signIn(
  connections: TaskConnections,
  { key, phoneNumber, phoneCodeHash }: LoginUnderWay,
  phoneCode: string,
  password: string | null,
): Promise<SignIn> {
  const connection = await connections.open(key, key.authKey);
  try {
    const request = new Api.auth.SignIn({ phoneNumber, phoneCodeHash, phoneCode });
    return signedIn(connection, await connection.call(request), 'auth.signIn');
  } catch (error) {
    if (!isRefusal(error, 'SESSION_PASSWORD_NEEDED')) throw error;
  }
  if (password !== null) return signInWithPassword(connection, password);
  return { kind: 'password_needed', hint: await passwordHint(connection), key: connection.key };
}

/** Completes a login whose code was accepted with the account's password. Rejects as calls do. */
export async function signInByPassword(
  connections: TaskConnections,
  { key }: Pick<LoginUnderWay, 'key'>,
  password: string,
): Promise<SignIn> {
  return signInWithPassword(await connections.open(key, key.authKey), password);
}

/** Logs a bot in, at the bot's own data centre. Rejects as calls do. */
export function logInBot(
  connections: TaskConnections,
  firstDc: number,
  { token: botAuthToken, application }: Pick<BotLogin, 'token' | 'application'>,
): Promise<DcKey> {
  const { apiId, apiHash } = application;
  return followDcMigration(connections, firstDc, ['USER', 'PHONE', 'NETWORK'], async (connection) => {
    await connection.call(new Api.auth.ImportBotAuthorization({ flags: 0, apiId, apiHash, botAuthToken }));
    return connection.key;
  });
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

async function signInWithPassword(connection: TelegramConnection, password: string): Promise<SignIn> {
  return signedIn(connection, await checkPassword(connection, password), 'auth.checkPassword');
}

function signedIn(
  connection: TelegramConnection,
  authorization: Api.auth.TypeAuthorization,
  method: string,
): SignIn {
  // The code was right, but the number has no account: one would have to be registered first.
  if (!(authorization instanceof Api.auth.Authorization)) {
    throw new TelegramRefused('PHONE_NUMBER_UNOCCUPIED', method);
  }
  const account = toAccount(authorization.user, method);
  return { kind: 'signed_in', account, key: connection.key };
}

/** The hint of the account's password; null: it has none. Rejects as calls do. */
async function passwordHint(connection: Callable): Promise<string | null> {
  const { hint } = await connection.call(new Api.account.GetPassword());
  return hint ?? null;
}

/** Proves knowledge of the password by SRP, without sending it. Rejects as calls do. */
async function checkPassword(connection: Callable, password: string): Promise<Api.auth.TypeAuthorization> {
  try {
    return await prove(connection, password);
  } catch (error) {
    // The challenge has expired, or was replaced by another.
    if (!isRefusal(error, 'SRP_ID_INVALID')) throw error;
    return prove(connection, password);
  }
}

async function prove(connection: Callable, password: string): Promise<Api.auth.TypeAuthorization> {
  const challenge = await connection.call(new Api.account.GetPassword());
  const proof = await computeCheck(challenge, password).catch(() => {
    throw new TelegramRefused('PASSWORD_ALGORITHM_UNKNOWN', 'auth.checkPassword');
  });
  return connection.call(new Api.auth.CheckPassword({ password: proof }));
}

/** Ways of sending a code, now and next, by GramJS's class names. */
const CODE_TYPES: Readonly<Record<string, string>> = {
  'auth.SentCodeTypeApp': 'app',
  'auth.SentCodeTypeSms': 'sms',
  'auth.SentCodeTypeSmsWord': 'sms',
  'auth.SentCodeTypeSmsPhrase': 'sms',
  'auth.SentCodeTypeCall': 'call',
  'auth.SentCodeTypeFlashCall': 'flash_call',
  'auth.SentCodeTypeMissedCall': 'missed_call',
  'auth.SentCodeTypeEmailCode': 'email',
  'auth.SentCodeTypeFragmentSms': 'fragment',
  'auth.SentCodeTypeFirebaseSms': 'firebase_sms',
  'auth.CodeTypeSms': 'sms',
  'auth.CodeTypeCall': 'call',
  'auth.CodeTypeFlashCall': 'flash_call',
  'auth.CodeTypeMissedCall': 'missed_call',
  'auth.CodeTypeFragmentSms': 'fragment',
};

/** The code that Telegram sent. Throws TelegramRefused where it sent none. */
export function toSentCode(answer: Api.auth.TypeSentCode, key: DcKey, method: string): SentCode {
  // Logged in without a code, as happens only with a token of an earlier login. We send none.
  if (answer.className !== 'auth.SentCode') throw new TelegramRefused('SEND_CODE_UNAVAILABLE', method);
  return {
    phoneCodeHash: answer.phoneCodeHash,
    type: typeName(answer.type),
    nextType: answer.nextType == null ? null : typeName(answer.nextType),
    timeoutSeconds: answer.timeout ?? null,
    key,
  };
}

function typeName({ className }: Api.auth.TypeSentCodeType | Api.auth.TypeCodeType): string {
  return CODE_TYPES[className] ?? 'other';
}

/** The account that Telegram names. Throws TelegramRefused where it names none. */
export function toAccount(user: Api.TypeUser | undefined, method: string): Account {
  if (!(user instanceof Api.User)) throw new TelegramRefused('USER_ID_INVALID', method);
  return {
    id: user.id.toString(),
    phoneNumber: user.phone ? `+${user.phone}` : null,
    firstName: user.firstName ?? '',
    lastName: user.lastName ?? null,
    username: user.username ?? activeUsername(user.usernames),
    isBot: user.bot === true,
  };
}
