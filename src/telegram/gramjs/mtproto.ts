import type { TelegramClient } from 'telegram/client/TelegramClient.js';
import type { AuthKey } from 'telegram/crypto/AuthKey.js';
import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Logger, LogLevel } from 'telegram/extensions/Logger.js';
import { ConnectionTCPMTProxyAbridged } from 'telegram/network/connection/TCPMTProxy.js';
import { type Connection, ConnectionTCPFull } from 'telegram/network/index.js';
import { MTProtoSender } from 'telegram/network/MTProtoSender.js';
import { Api } from 'telegram/tl/index.js';
import { TelegramUnreachable } from '../errors.js';
import { RpcError } from './rpc_errors.js';
import type { TelegramSocket } from './socket.js';

/** What a sender reports. */
export interface SenderEvents {
  /** The data centre does not know the key. */
  unknownKey(): void;
  /** The connection broke. */
  broken(): void;
  /** Why connecting, or agreeing on a key, failed. */
  failed(error: unknown): void;
}

/** GramJS logs to the console unless told not to. */
const silent = new Logger(LogLevel.NONE);

/**
 * GramJS's sender, with two changes: it never reconnects by itself (it would resend a request that breaks its
 * connection, for ever), and errors keep Telegram's names.
 */
export class Sender extends MTProtoSender {
  readonly #events: SenderEvents;

  constructor(authKey: AuthKey, dcId: number, events: SenderEvents) {
    // A sender that is not the main one uses nothing else of its client.
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

/** MTProto's framing over `socket`, which must be dialled first. */
export function transportOver(socket: TelegramSocket): Connection {
  const { dataCentre, first, behind } = socket.path;
  const where = { ip: first.host, port: first.port, dcId: dataCentre.dcId, testServers: dataCentre.test };
  const options = { ...where, loggers: silent, socket: dialled(socket) };
  if (behind?.kind !== 'mtproxy') return new ConnectionTCPFull(options);
  const proxy = { ip: first.host, port: first.port, secret: behind.secret, MTProxy: true } as const;
  return new ConnectionTCPMTProxyAbridged({ ...options, proxy });
}

/** GramJS instantiates its socket from a class: every instance of this one is `socket`. */
function dialled(socket: TelegramSocket): typeof PromisedNetSockets {
  return class extends PromisedNetSockets {
    override async connect(): Promise<void> {
      socket.ended.throwIfAborted();
    }

    override readExactly(count: number): Promise<Buffer> {
      return socket.readExactly(count);
    }

    override read(count: number): Promise<Buffer> {
      return socket.readExactly(count);
    }

    override readAll(): Promise<Buffer> {
      return socket.readAll();
    }

    override write(data: Buffer): void {
      socket.write(data);
    }

    override async close(): Promise<void> {
      // GramJS also calls this when it has read the end, and once more when it is told to stop.
      if (!socket.ended.aborted) socket.destroy(new TelegramUnreachable('the connection was closed'));
    }

    override async receive(): Promise<void> {}

    override toString(): string {
      return 'TelegramSocket';
    }
  };
}
