/** So many may be at something at once; the others stand in line. */
export class Places {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Resolves, first come first served, to what gives the place back (a second time it does nothing). Rejects with
   * the signal's reason if that is aborted before.
   */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(this.#place());
      };
      const leave = (): void => {
        const at = this.#line.indexOf(enter);
        if (at >= 0) this.#line.splice(at, 1);
        reject(signal.reason);
      };
      if (signal.aborted) reject(signal.reason);
      else if (this.#free > 0) {
        this.#free -= 1;
        resolve(this.#place());
      } else {
        this.#line.push(enter);
        signal.addEventListener('abort', leave, { once: true });
      }
    });
  }

  #place(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#line.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
