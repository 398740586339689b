/** Lets calls of one name go one after the other, in the order in which they came. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` once every call of this name that came before has ended; null: at once. */
  take<Result>(name: string | null, work: () => Promise<Result>): Promise<Result> {
    if (name === null) return work();
    const before = this.#last.get(name) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(name, settled);
    void settled.then(() => {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    });
    return turn;
  }
}
