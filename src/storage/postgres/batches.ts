/** How calls are gathered. */
export interface BatchesParts<Item, Result> {
  /** So many batches of one key are under way at once; the more calls come meanwhile, the larger the next ones are. */
  readonly lanes: number;
  /** How many calls the next batch takes of those that wait. */
  take(waiting: number): number;
  /** Does what a batch asks for: the results in the order of the items. */
  carryOut(items: readonly Item[]): Promise<readonly Result[]>;
}

interface Pending<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Lanes<Item, Result> {
  busy: number;
  readonly waiting: Pending<Item, Result>[];
}

/**
 * Lets calls of one kind share a statement: at once while few come, together while many do. If a batch fails,
 * so do all of its calls.
 */
export class Batches<Item, Result> {
  readonly #parts: BatchesParts<Item, Result>;
  /** Keys with something to do. */
  readonly #lanes = new Map<string, Lanes<Item, Result>>();

  constructor(parts: BatchesParts<Item, Result>) {
    this.#parts = parts;
  }

  /** Adds a call to those of its key. */
  add(key: string, item: Item): Promise<Result> {
    const lanes = this.#lanes.get(key) ?? { busy: 0, waiting: [] };
    this.#lanes.set(key, lanes);
    return new Promise((resolve, reject) => {
      lanes.waiting.push({ item, resolve, reject });
      this.#next(key, lanes);
    });
  }

  #next(key: string, lanes: Lanes<Item, Result>): void {
    while (lanes.busy < this.#parts.lanes && lanes.waiting.length > 0) {
      lanes.busy += 1;
      void this.#carryOut(lanes.waiting.splice(0, this.#parts.take(lanes.waiting.length))).then(() => {
        lanes.busy -= 1;
        this.#next(key, lanes);
      });
    }
    if (lanes.busy === 0) this.#lanes.delete(key);
  }

  async #carryOut(batch: readonly Pending<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#parts.carryOut(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
