import type { TimeSource } from '../kernel/clock.js';
import { truncated, widthOf } from './text.js';

/** Where progress is shown: a terminal, or a file that somebody may be following. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How often the line on a terminal is updated, and how often a line is added elsewhere, in milliseconds. */
const EVERY_MS = { terminal: 200, elsewhere: 10_000 };

/** Shows progress: in one updated line on a terminal, else in a line from time to time. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #time: Pick<TimeSource, 'monotonic'>;
  #toldAt: number;
  #shown = false;

  constructor(stream: ProgressStream, time: Pick<TimeSource, 'monotonic'>) {
    this.#stream = stream;
    this.#time = time;
    this.#toldAt = time.monotonic();
  }

  /** Shows `text`, unless something was just shown. */
  show(text: string): void {
    const terminal = this.#stream.isTTY === true;
    const now = this.#time.monotonic();
    if (now - this.#toldAt < (terminal ? EVERY_MS.terminal : EVERY_MS.elsewhere)) return;
    this.#toldAt = now;
    this.#shown = terminal;
    this.#stream.write(terminal ? `\r\x1b[K${truncated(text, widthOf(this.#stream) - 1)}` : `${text}\n`);
  }

  /** Clears the line on a terminal. */
  clear(): void {
    if (this.#shown) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}
