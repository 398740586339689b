import { Api } from 'telegram/tl/index.js';
import { TelegramUnreachable } from '../errors.js';
import type { DcKey } from '../gateway.js';
import type { TelegramConnection } from './connection.js';
import type { Lines } from './lines.js';
import { isRefusal, UNKNOWN_KEY } from './rpc_errors.js';

/** The connections that an account's files come by: its own, and one to each other data centre, opened when needed. */
export class MediaLines {
  readonly #lines: Lines;
  readonly #home: TelegramConnection;
  readonly #key: DcKey;
  readonly #others = new Map<number, Promise<TelegramConnection>>();

  constructor(lines: Lines, home: TelegramConnection) {
    this.#lines = lines;
    this.#home = home;
    this.#key = home.key;
  }

  /** Calls a method at a data centre, as the account. Rejects as calls do. */
  async call<Request extends Api.AnyRequest>(dcId: number, request: Request): Promise<Request['__response']> {
    if (dcId === this.#key.dcId) return this.#home.call(request);
    const opened = this.#others.get(dcId) ?? this.#open(dcId);
    this.#others.set(dcId, opened);
    try {
      return await callAbroad(await opened, request);
    } catch (error) {
      // The next call had better have a new one.
      const isOver = await opened.then(({ isOpen }) => !isOpen).catch(() => true);
      if (isOver && this.#others.get(dcId) === opened) this.#others.delete(dcId);
      throw error;
    }
  }

  /** The account's own key is known to its own data centre only: the other one is given a new one. */
  async #open(dcId: number): Promise<TelegramConnection> {
    const connection = await this.#lines.open({ dcId, test: this.#key.test }, null);
    try {
      const { id, bytes } = await this.#home.call(new Api.auth.ExportAuthorization({ dcId }));
      await callAbroad(connection, new Api.auth.ImportAuthorization({ id, bytes }));
      return connection;
    } catch (error) {
      await this.#lines.hangUp(connection);
      throw error;
    }
  }
}

/** That a data centre does not know the key made for a download says nothing of the session's own key. */
async function callAbroad<Request extends Api.AnyRequest>(
  connection: TelegramConnection,
  request: Request,
): Promise<Request['__response']> {
  try {
    return await connection.call(request);
  } catch (error) {
    if (!isRefusal(error, UNKNOWN_KEY)) throw error;
    throw new TelegramUnreachable(`data centre ${connection.key.dcId} has forgotten the key of the download`);
  }
}
