/** The messages after one id, up to another. */
export interface IdRange {
  readonly after: number;
  readonly upTo: number;
}

/** The ranges of a history that nobody reads at the moment. They are handed out oldest first, also those given back. */
export class Ranges {
  readonly #size: number;
  readonly #end: number;
  #untouched: number;
  /** Oldest first. */
  readonly #returned: IdRange[] = [];

  /** Cuts `whole` into ranges of `size` ids. */
  constructor(whole: IdRange, size: number) {
    this.#untouched = whole.after;
    this.#end = whole.upTo;
    this.#size = size;
  }

  /** How many there are. */
  get count(): number {
    return this.#returned.length + Math.ceil((this.#end - this.#untouched) / this.#size);
  }

  /** Where the oldest one begins; null: there is none. */
  get first(): number | null {
    return this.#returned[0]?.after ?? (this.#untouched < this.#end ? this.#untouched : null);
  }

  /** The oldest one, which is the caller's from now on; null: there is none. */
  take(): IdRange | null {
    const returned = this.#returned.shift();
    if (returned) return returned;
    if (this.#untouched >= this.#end) return null;
    const after = this.#untouched;
    this.#untouched = Math.min(after + this.#size, this.#end);
    return { after, upTo: this.#untouched };
  }

  /** What is left of a range that was taken; nothing, if it was read. */
  giveBack(range: IdRange): void {
    if (range.after >= range.upTo) return;
    const at = this.#returned.findIndex(({ after }) => after > range.after);
    this.#returned.splice(at === -1 ? this.#returned.length : at, 0, range);
  }
}
