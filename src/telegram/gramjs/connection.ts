import { release, type } from 'node:os';
import { AuthKey } from 'telegram/crypto/AuthKey.js';
import type { Connection } from 'telegram/network/index.js';
import { LAYER } from 'telegram/tl/AllTLObjects.js';
import { Api } from 'telegram/tl/index.js';
import { readVersion } from '../../kernel/project.js';
import type { Semaphore } from '../../kernel/semaphore.js';
import type { Timers } from '../../kernel/timers.js';
import { unlessAborted } from '../../kernel/unless_aborted.js';
import { TelegramTimeout, TelegramUnreachable } from '../errors.js';
import type { DcKey, GatewayLimits } from '../gateway.js';
import { Sender, transportOver } from './mtproto.js';
import type { NetworkPath } from './network_path.js';
import { methodName, namedError, RpcError, UNKNOWN_KEY } from './rpc_errors.js';
import { TelegramSocket } from './socket.js';

/** What all connections share. */
export interface ConnectionParts {
  readonly timers: Timers;
  readonly limits: GatewayLimits;
  /** Limits how many agree on new keys at once, which is work for the processor. */
  readonly keyExchanges: Semaphore;
}

/** Which connection to open. */
export interface ConnectionOptions {
  readonly path: NetworkPath;
  /** The application that calls. */
  readonly apiId: number;
  /** Null: a new one is agreed on. */
  readonly authKey: Buffer | null;
}

/** No key was agreed on, which happens now and then; a retry over a new connection may succeed. */
export class NoKeyAgreed extends TelegramUnreachable {}

/** What calls are made over. */
export type Callable = Pick<TelegramConnection, 'call'>;

/** One connection to one data centre. Once ended, it never reconnects. */
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
    this.#socket = new TelegramSocket(options.path);
    this.#sender = new Sender(this.#key, options.path.dataCentre.dcId, {
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

  /** Its key, once `establish` has resolved. */
  get key(): DcKey {
    const authKey = this.#key.getKey();
    if (authKey === undefined) throw new TelegramUnreachable('there is no key yet');
    return { ...this.#options.path.dataCentre, authKey };
  }

  /**
   * Connects, and agrees on a key where there is none. Rejects with NoKeyAgreed, TelegramUnreachable or
   * TelegramTimeout.
   */
  async establish(): Promise<void> {
    const { limits, keyExchanges } = this.#parts;
    const { path, authKey } = this.#options;
    const where = `data centre ${path.dataCentre.dcId}`;
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
    const releaseExchange = await keyExchanges.acquire(this.#socket.ended);
    try {
      await this.#within(limits.callSeconds, `negotiating a key with ${where}`, this.#start(transport));
    } catch (error) {
      const hungUp = error instanceof TelegramUnreachable && !(error instanceof NoKeyAgreed);
      throw hungUp ? new NoKeyAgreed(`${where} closed the connection while a key was negotiated`) : error;
    } finally {
      releaseExchange();
    }
  }

  /** Calls a method. Rejects with TelegramRefused, TelegramFlood, TelegramTimeout, or the reason that it ended for. */
  async call<Request extends Api.AnyRequest>(request: Request): Promise<Request['__response']> {
    const method = methodName(request.className);
    try {
      this.#socket.ended.throwIfAborted();
      const sent = this.#answered ? request : withInitConnection(request, this.#options.apiId);
      const answer = await this.#within(this.#parts.limits.callSeconds, method, this.#send(sent));
      this.#answered = true;
      // GramJS reads the answer by its own number, whatever type the schema promises.
      return answer as Request['__response'];
    } catch (error) {
      throw this.#reasonOf(error, method);
    }
  }

  /** Ends it at once; pending calls reject with `reason`. */
  shut(reason: unknown): void {
    this.#socket.destroy(reason);
    this.#abandon();
  }

  /** Ends it, and resolves when the data centre has noticed and the socket is gone. */
  async hangUp(): Promise<void> {
    const gone = this.#socket.hangUp(this.#parts.timers, new TelegramUnreachable('the work with it is over'));
    this.#abandon();
    await gone;
  }

  async #start(transport: Connection): Promise<void> {
    if (await this.#sender.connect(transport, false)) return;
    this.#socket.ended.throwIfAborted();
    const message = this.#failure instanceof Error ? this.#failure.message : 'no reason given';
    throw new NoKeyAgreed(`no key could be negotiated: ${message}`);
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
    return new TelegramUnreachable(`the answer to ${method} could not be read (${name})`);
  }

  /** Ends GramJS's loops: there is nothing left to read or write. */
  #abandon(): void {
    this.#sender.disconnect().catch(() => {});
  }
}

/** What the account's owner sees in the list of devices. */
const DEVICE = {
  deviceModel: 'TeleGate',
  systemVersion: `${type()} ${release()}`,
  appVersion: readVersion(),
  langCode: 'en',
  langPack: '',
  systemLangCode: 'en',
};

/** A connection's first call, which also says who calls: one round trip instead of two. */
function withInitConnection(query: Api.AnyRequest, apiId: number): Api.InvokeWithLayer {
  return new Api.InvokeWithLayer({
    layer: LAYER,
    query: new Api.InitConnection({ apiId, ...DEVICE, query }),
  });
}
