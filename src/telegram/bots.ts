import type { AccountAccess, ConnectedAccount, DcKey, LoginStart } from './gateway.js';

/** A bot about to log in. */
export interface BotLogin extends Pick<LoginStart, 'application' | 'proxy'> {
  /** As BotFather gives it. Secret: whoever has it is the bot. */
  readonly token: string;
  /** Breaks the login off: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * One connection that speaks as a bot, with what bots may do of what accounts do. They are refused the history of a
 * channel, and read its messages by their ids.
 */
export type ConnectedBot = Pick<ConnectedAccount, 'resolve' | 'messagesAfter' | 'download'>;

/** Telegram, as far as bots are let in. Rejects as TelegramGateway does. */
export interface BotGateway {
  /** Logs the bot in. Scarce: whoever does it often is told to wait, so its key had better be kept. */
  logInBot(login: BotLogin): Promise<DcKey>;
  /** As `withAccount`, with the key of a bot. */
  withBot<Result>(access: AccountAccess, work: (bot: ConnectedBot) => Promise<Result>): Promise<Result>;
}
