import { styleText } from 'node:util';

/** How a piece of text looks on a terminal that has colours. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** Where a command writes: a terminal, a file or a pipe. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Whether colours are wanted: NO_COLOR, FORCE_COLOR and TERM count. */
  hasColors?(): boolean;
  write(text: string): unknown;
}

/** The width of a terminal that does not tell its own. */
const USUAL_COLUMNS = 80;

/** The number of columns of a terminal; unlimited elsewhere. */
export function widthOf({ isTTY, columns }: Pick<Stream, 'isTTY' | 'columns'>): number {
  if (isTTY !== true) return Number.POSITIVE_INFINITY;
  return columns || USUAL_COLUMNS;
}

/** Applies styles, where the stream has colours. */
export type Paint = (style: Style | null, text: string) => string;

/** The styles of this stream. */
export function paintFor(stream: Stream): Paint {
  const coloured = stream.isTTY === true && stream.hasColors?.() === true;
  return (style, text) =>
    coloured && style !== null ? styleText(style, text, { validateStream: false }) : text;
}

/** The value on one line. What would steer a terminal is replaced: names come from anybody. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = typeof value === 'object' ? Object.entries(value).map(pair).join(', ') : String(value);
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, '\u{fffd}');
}

/** The text in its own lines, each without what would steer a terminal. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

function pair([name, value]: [string, unknown]): string {
  return `${name} ${plain(value)}`;
}

const WIDE =
  /[\p{Emoji_Presentation}\u{1100}-\u{115f}\u{2e80}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal the text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

function columnsOfCharacter(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The text in at most `columns`, with an ellipsis where something is missing. */
export function truncated(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 1;
  for (const character of text) {
    used += columnsOfCharacter(character);
    if (used > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The text in lines of at most `columns`, broken between words where that is possible. */
export function wrapped(text: string, columns: number): string[] {
  if (columnsOf(text) <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => pieces(one, columns))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (columnsOf(longer) <= columns) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** A word in pieces of at most `columns`. */
function pieces(word: string, columns: number): string[] {
  const found = [''];
  for (const character of word) {
    const last = found.at(-1) ?? '';
    if (columnsOf(last + character) <= columns) found[found.length - 1] = last + character;
    else found.push(character);
  }
  return found;
}

/** The text, filled up with spaces. */
export function padded(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, columns - columnsOf(text)));
  return align === 'left' ? text + spaces : spaces + text;
}

/** An ISO 8601 time without what a reader does not need; other text unchanged. */
export function shortTime(value: unknown): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(String(value ?? '')) ?? [];
  return day === undefined ? plain(value) : `${day} ${time}`;
}

/** An ISO 8601 time, where there is little room: of this year its day and time, else its date; other text unchanged. */
export function shortestTime(value: unknown, now = new Date()): string {
  const [, year, day, time] = /^(\d{4})-(\d\d-\d\d)[T ](\d\d:\d\d)/.exec(String(value ?? '')) ?? [];
  if (year === undefined) return plain(value);
  return Number(year) === now.getUTCFullYear() ? `${day} ${time}` : `${year}-${day}`;
}

/** Seconds as people say them: `5 s`, `3 min 5 s`, `2 h 1 min`, `4 d 3 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(3) : parts.slice(first, first + 2);
  return shown
    .filter(([count], index) => count > 0 || index === 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
