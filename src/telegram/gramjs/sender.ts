import type { TelegramClient } from 'telegram/client/TelegramClient.js';
import type { AuthKey } from 'telegram/crypto/AuthKey.js';
import { Logger, LogLevel } from 'telegram/extensions/Logger.js';
import { MTProtoSender } from 'telegram/network/MTProtoSender.js';
import { Api } from 'telegram/tl/index.js';
import { RpcError } from './rpc_errors.js';

/** What a sender tells of itself. */
export interface SenderEvents {
  /** The data centre does not know the key. */
  unknownKey(): void;
  /** The connection is of no use any more. */
  broken(): void;
  /** Why connecting, or agreeing on a key, failed. */
  failed(error: unknown): void;
}

/** GramJS prints what it does, unless told not to. */
export const silent = new Logger(LogLevel.NONE);

/**
 * GramJS's sender, with two changes: it never connects again by itself (it would resend a request that kills its
 * connection for ever), and the errors of calls keep Telegram's names.
 */
export class Sender extends MTProtoSender {
  readonly #events: SenderEvents;

  constructor(authKey: AuthKey, dcId: number, events: SenderEvents) {
    // Of its client, a sender that is not the main one calls nothing but this.
    const client = { _errorHandler: async (error: unknown) => events.failed(error) };
    super(authKey, {
      ...MTProtoSender.DEFAULT_OPTIONS,
      ...{ dcId, logger: silent, retries: 1, delay: 0, autoReconnect: false, isMainSender: false },
      client: client as unknown as TelegramClient,
      onConnectionBreak: () => events.unknownKey(),
      _exportedSenderPromises: new Map(),
    });
    this.#events = events;
  }

  override reconnect(): void {
    this.#events.broken();
  }

  override _handleRPCResult(...[message]: Parameters<MTProtoSender['_handleRPCResult']>): void {
    const { reqMsgId, error } = message.obj;
    if (!(error instanceof Api.RpcError)) {
      super._handleRPCResult(message);
      return;
    }
    this._pendingState.getAndDelete(reqMsgId)?.reject(new RpcError(error.errorMessage));
  }
}
