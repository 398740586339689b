import { unlessAborted } from '../../kernel/unless_aborted.js';

/** Tells all who wait that something has changed: each looks for itself whether that concerns it. */
export class ChangeSignal {
  readonly #waiting: (() => void)[] = [];

  tell(): void {
    for (const told of this.#waiting.splice(0)) told();
  }

  /** Resolves when something is told next. Rejects with the signal's reason once that is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return unlessAborted(signal, new Promise((resolve) => this.#waiting.push(resolve)));
  }
}
