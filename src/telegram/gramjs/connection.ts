import { AuthKey } from 'telegram/crypto/AuthKey.js';
import type { Connection } from 'telegram/network/index.js';
import type { Api } from 'telegram/tl/index.js';
import { unlessAborted } from '../../unless_aborted.js';
import { TelegramTimeout, TelegramUnreachable } from '../errors.js';
import type { DcKey } from '../gateway.js';
import { type ConnectionOptions, type ConnectionParts, NoKeyAgreed } from './connection_parts.js';
import { introduced } from './introduction.js';
import { methodName, namedError, RpcError, UNKNOWN_KEY } from './rpc_errors.js';
import { Sender } from './sender.js';
import { TelegramSocket } from './socket.js';
import { transportOver } from './transport.js';

/** What can be called. */
export type Callable = Pick<TelegramConnection, 'call'>;

/** One connection to one data centre. It ends once, and for good, and never connects again by itself. */
export class TelegramConnection {
  readonly #parts: ConnectionParts;
  readonly #options: ConnectionOptions;
  readonly #socket: TelegramSocket;
  readonly #key = new AuthKey();
  readonly #sender: Sender;
  #failure: unknown = null;
  #answered = false;

  constructor(parts: ConnectionParts, options: ConnectionOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#socket = new TelegramSocket(options.route);
    this.#sender = new Sender(this.#key, options.route.dataCentre.dcId, {
      unknownKey: () => this.shut(new RpcError(UNKNOWN_KEY)),
      broken: () => this.shut(new TelegramUnreachable('the connection broke')),
      failed: (error) => {
        this.#failure = error;
      },
    });
  }

  get isOpen(): boolean {
    return !this.#socket.ended.aborted;
  }

  /** The key it speaks with, once `establish` has resolved. */
  get key(): DcKey {
    const authKey = this.#key.getKey();
    if (authKey === undefined) throw new TelegramUnreachable('there is no key yet');
    return { ...this.#options.route.dataCentre, authKey };
  }

  /** Connects, and agrees on a key where there is none. Rejects with NoKeyAgreed, TelegramUnreachable or TelegramTimeout. */
  async establish(): Promise<void> {
    const { limits, keyExchanges } = this.#parts;
    const { route, authKey } = this.#options;
    const where = `data centre ${route.dataCentre.dcId}`;
    const transport = transportOver(this.#socket);
    await this.#within(
      limits.connectSeconds,
      `connecting to ${where}`,
      this.#socket.dial(limits.connectSeconds),
    );
    if (authKey !== null) {
      await this.#key.setKey(authKey);
      await this.#start(transport);
      return;
    }
    const giveBack = await keyExchanges.take(this.#socket.ended);
    try {
      await this.#within(limits.callSeconds, `agreeing on a key with ${where}`, this.#start(transport));
    } catch (error) {
      const hungUp = error instanceof TelegramUnreachable && !(error instanceof NoKeyAgreed);
      throw hungUp ? new NoKeyAgreed(`${where} hung up while a key was agreed on`) : error;
    } finally {
      giveBack();
    }
  }

  /** Calls a method. Rejects with TelegramRefused, TelegramFlood, TelegramTimeout, or the reason that it ended for. */
  async call<Request extends Api.AnyRequest>(request: Request): Promise<Request['__response']> {
    const method = methodName(request.className);
    try {
      this.#socket.ended.throwIfAborted();
      const sent = this.#answered ? request : introduced(request, this.#options.apiId);
      const answer = await this.#within(this.#parts.limits.callSeconds, method, this.#send(sent));
      this.#answered = true;
      // GramJS reads the answer by its own number, whatever type the schema promises.
      return answer as Request['__response'];
    } catch (error) {
      throw this.#reasonOf(error, method);
    }
  }

  /** Ends it at once; what is under way rejects with `reason`. */
  shut(reason: unknown): void {
    this.#socket.destroy(reason);
    this.#abandon();
  }

  /** Ends it when the data centre has noticed; resolves when the socket is gone. */
  async hangUp(): Promise<void> {
    const gone = this.#socket.hangUp(this.#parts.timers, new TelegramUnreachable('the work with it is over'));
    this.#abandon();
    await gone;
  }

  async #start(transport: Connection): Promise<void> {
    if (await this.#sender.connect(transport, false)) return;
    this.#socket.ended.throwIfAborted();
    const message = this.#failure instanceof Error ? this.#failure.message : 'no reason given';
    throw new NoKeyAgreed(`no key could be agreed on: ${message}`);
  }

  async #send(request: Api.AnyRequest): Promise<unknown> {
    return this.#sender.send(request);
  }

  /** Shuts the connection if it takes longer. */
  async #within<Result>(seconds: number, what: string, promise: Promise<Result>): Promise<Result> {
    const late = (): void => this.shut(new TelegramTimeout(what, seconds));
    const cancel = this.#parts.timers.after(seconds * 1000, late);
    try {
      return await unlessAborted(this.#socket.ended, promise);
    } finally {
      cancel();
    }
  }

  #reasonOf(error: unknown, method: string): unknown {
    const { ended } = this.#socket;
    if (error instanceof RpcError) {
      this.#answered = true;
      return namedError(error, method);
    }
    if (ended.aborted && error === ended.reason) return error;
    const name = error instanceof Error ? error.name : typeof error;
    return new TelegramUnreachable(`the answer to ${method} makes no sense (${name})`);
  }

  /** Ends GramJS's loops, which have nothing to read or write any more. */
  #abandon(): void {
    this.#sender.disconnect().catch(() => {});
  }
}
