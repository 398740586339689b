import { TelegramUnreachable } from '../errors.js';
import type { AccountAccess } from '../gateway.js';
import type { TelegramNetwork } from '../network.js';
import { TelegramConnection } from './connection.js';
import { type ConnectionParts, NoKeyAgreed } from './connection_parts.js';
import { type DataCentreId, routeTo } from './route.js';
import type { Work } from './work.js';

/** What lines are opened with. */
export interface LineParts extends ConnectionParts {
  readonly network: TelegramNetwork;
}

/** Who calls, and by which way. */
export type Caller = Pick<AccountAccess, 'apiId' | 'proxy'>;

/** The connections of one piece of work. They end with it. */
export class Lines {
  readonly #parts: LineParts;
  readonly #caller: Caller;
  readonly #open = new Set<TelegramConnection>();
  #closed = false;

  constructor(
    parts: LineParts,
    caller: Caller,
    readonly work: Work,
  ) {
    this.#parts = parts;
    this.#caller = caller;
    work.signal.addEventListener('abort', () => this.#shut(work.signal.reason), { once: true });
  }

  /**
   * A connection to a data centre, with a new key if there is none. Rejects with TelegramUnreachable,
   * TelegramTimeout, or the reason that the work stopped for.
   */
  async open(dataCentre: DataCentreId, authKey: Buffer | null): Promise<TelegramConnection> {
    try {
      return await this.#establish(dataCentre, authKey);
    } catch (error) {
      if (!(error instanceof NoKeyAgreed)) throw error;
      return this.#establish(dataCentre, authKey);
    }
  }

  /** Hangs up on one of them, and resolves when its socket is gone. */
  async hangUp(connection: TelegramConnection): Promise<void> {
    await connection.hangUp();
    this.#open.delete(connection);
  }

  /** Hangs up on all of them, and opens no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((connection) => this.hangUp(connection)));
  }

  async #establish(dataCentre: DataCentreId, authKey: Buffer | null): Promise<TelegramConnection> {
    this.work.signal.throwIfAborted();
    if (this.#closed) throw new TelegramUnreachable('the work is over');
    const { apiId, proxy } = this.#caller;
    const route = routeTo(this.#parts.network, dataCentre, proxy);
    const connection = new TelegramConnection(this.#parts, { route, apiId, authKey });
    this.#open.add(connection);
    try {
      await connection.establish();
      return connection;
    } catch (error) {
      connection.shut(error);
      throw error;
    }
  }

  #shut(reason: unknown): void {
    for (const connection of this.#open) connection.shut(reason);
  }
}
