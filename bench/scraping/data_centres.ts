import type { DuplicateUse } from '../../sandbox/connection_log.js';
import { nodeCommand } from '../programs.js';
import type { Workplace } from '../workplace.js';

/** What the data centres' log says about one key that was used by two connections at once. */
export interface Overlap {
  readonly key_id: string;
  readonly phone: string | null;
}

/** A client's connection, by the account of its key. Times in ISO 8601; orders are those of all events of the log. */
export interface Connection {
  readonly phone: string | null;
  /** Null: no encrypted message came over it. */
  readonly key_id: string | null;
  readonly client_port: number | null;
  readonly opened_at: string;
  readonly closed_at: string | null;
  readonly requests: number;
  readonly media_requests: number;
  readonly last_message_at: string | null;
  readonly first_message_order: number | null;
  readonly last_message_order: number | null;
  readonly closed_order: number | null;
}

/** One call of contacts.resolveUsername. */
export interface Resolve {
  readonly phone: string;
  readonly username: string;
  readonly flooded: boolean;
}

interface Connections {
  readonly dropped: number;
  readonly connections: readonly Connection[];
  readonly overlaps: readonly Overlap[];
}

/** Data centres in a separate process, and their control endpoint. */
export class DataCentres {
  /** Their addresses, as passed to programs. */
  readonly telegram: string;
  readonly #control: string;

  private constructor(telegram: string, control: string) {
    this.telegram = telegram;
    this.#control = control;
  }

  /** `duplicateUse`: when they kill a session because its key is used twice at once. */
  static async start(place: Workplace, duplicateUse: DuplicateUse = 'open'): Promise<DataCentres> {
    const directory = await place.makeDirectory('telegram');
    const running = place.start(nodeCommand('data_centres', [directory, duplicateUse]));
    const { telegram, control } = JSON.parse(await running.firstLine);
    return new DataCentres(telegram, control);
  }

  /** Makes the next call of `method`, by any client, fail with a Telegram error. */
  async fail(method: string, fault: string): Promise<void> {
    const body = JSON.stringify({ fault, method, times: 1 });
    await this.#ask('/faults', { method: 'POST', body });
  }

  /** Delays each answer to `method`, to any client, from now on. */
  async slowDown(method: string, milliseconds: number): Promise<void> {
    await this.#ask('/faults', {
      method: 'POST',
      body: JSON.stringify({ fault: 'slow', method, milliseconds }),
    });
  }

  /** Lets each account send so many requests of `method` a second, from now on. */
  async limit(budget: {
    readonly method: string;
    readonly per_second: number;
    readonly burst: number;
    readonly excess: 'flood' | 'delay';
  }): Promise<void> {
    await this.#ask('/budgets', { method: 'POST', body: JSON.stringify(budget) });
  }

  /** Ends all faults. */
  async calm(): Promise<void> {
    await this.#ask('/faults', { method: 'DELETE' });
  }

  /** How many of the faults that were set have not occurred yet. */
  async faultsLeft(): Promise<number> {
    return ((await this.#ask('/faults')) as unknown[]).length;
  }

  /** The keys that were used twice at once, according to their log. @throws Error if the log has lost connections. */
  async overlaps(): Promise<readonly Overlap[]> {
    return (await this.#log()).overlaps;
  }

  /** All connections. @throws Error if the log has lost some. */
  async connections(): Promise<readonly Connection[]> {
    return (await this.#log()).connections;
  }

  /** Limits how many usernames each account may find in a day, or (null) does not; the log of them begins anew. */
  async limitResolves(
    limit: { readonly perDay: number; readonly waitSeconds: number } | null,
  ): Promise<void> {
    if (limit === null) await this.#ask('/resolves', { method: 'DELETE' });
    else {
      const body = JSON.stringify({ per_day: limit.perDay, wait_seconds: limit.waitSeconds });
      await this.#ask('/resolves', { method: 'POST', body });
    }
  }

  /** The usernames that accounts have looked for since. */
  async resolves(): Promise<readonly Resolve[]> {
    return ((await this.#ask('/resolves')) as { readonly resolves: readonly Resolve[] }).resolves;
  }

  async #log(): Promise<Connections> {
    const log = (await this.#ask('/connections')) as Connections;
    if (log.dropped > 0) throw new Error(`the data centres' log has lost ${log.dropped} connections`);
    return log;
  }

  async #ask(path: string, options: RequestInit = {}): Promise<unknown> {
    const answer = await fetch(`${this.#control}${path}`, options);
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }
}
