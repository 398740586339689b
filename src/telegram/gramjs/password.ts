import { computeCheck } from 'telegram/Password.js';
import { Api } from 'telegram/tl/index.js';
import { TelegramRefused } from '../errors.js';
import type { Callable } from './connection.js';
import { isRefusal } from './rpc_errors.js';

const METHOD = 'auth.checkPassword';

/** The hint of the account's password; null: it has none. Rejects as calls do. */
export async function passwordHint(connection: Callable): Promise<string | null> {
  const { hint } = await connection.call(new Api.account.GetPassword());
  return hint ?? null;
}

/** Proves that the password is known (SRP: it is not sent). Rejects as calls do. */
export async function checkPassword(
  connection: Callable,
  password: string,
): Promise<Api.auth.TypeAuthorization> {
  try {
    return await prove(connection, password);
  } catch (error) {
    // The challenge has run out, or another was made meanwhile.
    if (!isRefusal(error, 'SRP_ID_INVALID')) throw error;
    return prove(connection, password);
  }
}

async function prove(connection: Callable, password: string): Promise<Api.auth.TypeAuthorization> {
  const challenge = await connection.call(new Api.account.GetPassword());
  const proof = await computeCheck(challenge, password).catch(() => {
    throw new TelegramRefused('PASSWORD_ALGORITHM_UNKNOWN', METHOD);
  });
  return connection.call(new Api.auth.CheckPassword({ password: proof }));
}
