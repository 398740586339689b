import { TelegramRefused } from './errors.js';
import type { AccountAccess, ConnectedAccount, TelegramGateway } from './gateway.js';

/** Telegram's errors for a session that has ended permanently. */
export const DEAD_SESSION_ERRORS: readonly string[] = [
  'AUTH_KEY_DUPLICATED',
  'AUTH_KEY_INVALID',
  'SESSION_REVOKED',
  'SESSION_EXPIRED',
  'USER_DEACTIVATED',
  'USER_DEACTIVATED_BAN',
];

/** Telegram's errors for an auth key that no account is logged in with. */
const NOT_LOGGED_IN: ReadonlySet<string> = new Set([
  ...DEAD_SESSION_ERRORS,
  'AUTH_KEY_UNREGISTERED',
  'SESSION_PASSWORD_NEEDED',
]);

/** Whether Telegram answered that no account is logged in with the key, any more or yet. */
export function saysNotLoggedIn(error: unknown): error is TelegramRefused {
  return error instanceof TelegramRefused && NOT_LOGGED_IN.has(error.telegramError);
}

/**
 * Connects as an account. Where Telegram says that its key is unregistered, asks again over a second connection:
 * while a session moves between data centres, Telegram says so for a moment of a key that is valid.
 * @throws as `TelegramGateway.withAccount`.
 */
export async function confirmUnregistered<Result>(
  gateway: Pick<TelegramGateway, 'withAccount'>,
  access: AccountAccess,
  work: (account: ConnectedAccount) => Promise<Result>,
): Promise<Result> {
  try {
    return await gateway.withAccount(access, work);
  } catch (error) {
    const doubtful = error instanceof TelegramRefused && error.telegramError === 'AUTH_KEY_UNREGISTERED';
    if (!doubtful) throw error;
    return gateway.withAccount(access, work);
  }
}
