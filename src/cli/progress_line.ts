import type { TimeSource } from '../clock.js';

/** Where progress is told: a terminal, or a file that somebody may be following. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** How often a line on a terminal is written anew, and how often one is added elsewhere, in milliseconds. */
const EVERY_MS = { terminal: 200, elsewhere: 10_000 };

/** Tells how far something is: in one line of a terminal, else in a line now and then. */
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

  /** Shows `text`, unless something was shown a moment ago. */
  show(text: string): void {
    const terminal = this.#stream.isTTY === true;
    const now = this.#time.monotonic();
    if (now - this.#toldAt < (terminal ? EVERY_MS.terminal : EVERY_MS.elsewhere)) return;
    this.#toldAt = now;
    this.#shown = terminal;
    this.#stream.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Takes the line away from a terminal. */
  clear(): void {
    if (this.#shown) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}
