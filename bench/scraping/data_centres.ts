import { nodeCommand } from '../programs.js';
import type { Workplace } from '../workplace.js';

/** What the data centres' log says about one key that was used by two connections at once. */
export interface Overlap {
  readonly key_id: string;
  readonly phone: string | null;
}

interface Connections {
  readonly dropped: number;
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

  static async start(place: Workplace): Promise<DataCentres> {
    const directory = await place.makeDirectory('telegram');
    const running = place.start(nodeCommand('data_centres', [directory]));
    const { telegram, control } = JSON.parse(await running.firstLine);
    return new DataCentres(telegram, control);
  }

  /** Makes the next call of `method`, by any client, fail with a Telegram error. */
  async fail(method: string, fault: string): Promise<void> {
    const body = JSON.stringify({ fault, method, times: 1 });
    await this.#ask('/faults', { method: 'POST', body });
  }

  /** How many of the faults that were set have not occurred yet. */
  async faultsLeft(): Promise<number> {
    return ((await this.#ask('/faults')) as unknown[]).length;
  }

  /** The keys that were used twice at once, according to their log. @throws Error if the log has lost connections. */
  async overlaps(): Promise<readonly Overlap[]> {
    const { dropped, overlaps } = (await this.#ask('/connections')) as Connections;
    if (dropped > 0) throw new Error(`the data centres' log has lost ${dropped} connections`);
    return overlaps;
  }

  async #ask(path: string, options: RequestInit = {}): Promise<unknown> {
    const answer = await fetch(`${this.#control}${path}`, options);
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }
}
