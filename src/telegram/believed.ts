import { TelegramRefused } from './errors.js';
import type { AccountAccess, ConnectedAccount, TelegramGateway } from './gateway.js';

/**
 * Speaks as an account, and believes that its key is unregistered only when Telegram says so twice, on two
 * connections: it also says it for a moment while a session moves between data centres.
 * @throws as `TelegramGateway.withAccount`.
 */
export async function withAccountBelieved<Result>(
  gateway: TelegramGateway,
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
