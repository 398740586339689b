type Dispose = () => Promise<void> | void;

/** What must be stopped, in reverse order of its start. */
export class Disposers {
  readonly #list: Dispose[] = [];

  add(...disposers: readonly Dispose[]): void {
    this.#list.push(...disposers);
  }

  /** Stops everything, one after the other; a second call does nothing. */
  async dispose(): Promise<void> {
    for (const dispose of this.#list.splice(0).reverse()) await dispose();
  }
}
