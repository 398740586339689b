/** Lets a fixed number in at once; the others queue. */
export class Semaphore {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Resolves, first come first served, to the function that releases (a second call does nothing). Rejects with
   * the signal's reason if that is aborted first.
   */
  acquire(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(this.#permit());
      };
      const leave = (): void => {
        const at = this.#queue.indexOf(enter);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(signal.reason);
      };
      if (signal.aborted) reject(signal.reason);
      else if (this.#free > 0) {
        this.#free -= 1;
        resolve(this.#permit());
      } else {
        this.#queue.push(enter);
        signal.addEventListener('abort', leave, { once: true });
      }
    });
  }

  #permit(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
