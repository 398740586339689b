import { type Stream, truncated, widthOf } from './text.js';

/** The number of rows of a terminal that does not tell its own. */
const USUAL_ROWS = 24;

/** Lines at the end of a terminal that are drawn again and again, in place. */
export class LiveScreen {
  readonly #stream: Stream;
  #drawn = 0;
  /** Of the terminal, when they were drawn. */
  #size = '';

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** How many lines there is room for. */
  get rows(): number {
    return (this.#stream.rows || USUAL_ROWS) - 1;
  }

  /** Draws these lines over the last ones; what does not fit is left out. `above` stays, and scrolls by. */
  draw(lines: readonly string[], above: readonly string[] = []): void {
    const shown = lines.slice(0, this.rows);
    const text = [...above, ...shown].map((line) => `${line}\x1b[K\n`).join('');
    // In one piece, so that nothing flickers, and without wrapping: a line more would shift all of them.
    this.#stream.write(`${this.#backToStart()}\x1b[?7l${text}\x1b[J\x1b[?7h`);
    this.#drawn = shown.length;
  }

  /** Back to the first line. In a terminal of another size, which may have wrapped them, they begin anew. */
  #backToStart(): string {
    const size = `${this.#stream.columns} ${this.#stream.rows}`;
    const isResized = this.#drawn > 0 && size !== this.#size;
    this.#size = size;
    if (isResized) return '\x1b[H\x1b[2J';
    return this.#drawn > 0 ? `\x1b[${this.#drawn}A\r` : '\r';
  }
}

/** A bar of `columns` of which this share, from 0 to 1, is full. */
export function bar(share: number, columns: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
}

const LEVELS = '▁▂▃▄▅▆▇█';

/** A column for each value, as high as its share of the largest one; a gap where there is none. */
export function sparkline(values: readonly (number | null)[]): string {
  const largest = Math.max(1, ...values.map((value) => value ?? 0));
  const top = LEVELS.length - 1;
  return values
    .map((value) => (value === null ? ' ' : LEVELS.charAt(Math.round((value / largest) * top))))
    .join('');
}

/** The line, without colours, at most as wide as the terminal. */
export function fitting(stream: Stream, line: string): string {
  return truncated(line, widthOf(stream) - 1);
}
