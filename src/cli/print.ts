import { exactJson } from '../http/exact_json.js';
import type { Fields } from './service.js';
import {
  columnsOf,
  type Paint,
  padded,
  paintFor,
  plain,
  type Stream,
  type Style,
  truncated,
  widthOf,
  wrapped,
} from './text.js';

/** One column of a list, or one line of a record. */
export interface Column {
  readonly title: string;
  /** What is shown; null or empty: nothing. */
  readonly value: (row: Fields) => unknown;
  readonly style?: (row: Fields) => Style | null;
  readonly align?: 'right';
  /** What is shown instead in a table that would be too wide. */
  readonly short?: (row: Fields) => unknown;
  /** Of no use if it is truncated. */
  readonly whole?: true;
  /** Left out of a table that would be too wide otherwise. */
  readonly spare?: true;
}

/** A column that shows the field of this name as it is. */
export function column(field: string, title = field.replaceAll('_', ' ')): Column {
  return { title, value: (row) => row[field] };
}

/** A column of numbers. */
export function numbers(field: string, title?: string): Column {
  return { ...column(field, title), align: 'right', whole: true };
}

/** Prints the value as one line of JSON, with all digits. */
export function printJson(stream: Stream, value: unknown): void {
  stream.write(`${exactJson(value)}\n`);
}

/**
 * Prints a list: a table on a terminal; elsewhere one line a row, its values separated by tabs. Returns how many columns
 * were left out, for want of room.
 */
export function printTable(stream: Stream, columns: readonly Column[], rows: readonly Fields[]): number {
  if (rows.length === 0) return 0;
  if (stream.isTTY !== true) {
    for (const row of rows) stream.write(`${columns.map(({ value }) => plain(value(row))).join('\t')}\n`);
    return 0;
  }
  const look = { width: widthOf(stream), paint: paintFor(stream) };
  const table = layOut(columns, rows, look.width);
  for (const line of linesOf(table, rows, look.paint)) stream.write(`${line}\n`);
  return columns.length - table.length;
}

/** The lines of a table that is at most `width` wide. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly Fields[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] {
  return linesOf(layOut(columns, rows, width), rows, paint);
}

/** The narrowest that a column gets, if a table is too wide. */
const MIN_COLUMN = 6;
const GAP = '  ';

/** A column as it is shown: its cells, and how wide it is. */
interface Shown {
  readonly column: Column;
  readonly cells: readonly string[];
  wide: number;
}

/**
 * The columns that fit. If they are too wide, short forms are used; then the widest that may be are truncated; then
 * columns that can be spared are left out, and at last the ones on the right.
 */
function layOut(columns: readonly Column[], rows: readonly Fields[], width: number): Shown[] {
  const shown = (column: Column, value: Column['value']): Shown => {
    const cells = rows.map((row) => plain(value(row)));
    return { column, cells, wide: Math.max(...[column.title, ...cells].map(columnsOf)) };
  };
  const usual = columns.map((column) => shown(column, column.value));
  if (totalOf(usual) <= width) return usual;
  let left = columns.map((column) => shown(column, column.short ?? column.value));
  for (;;) {
    const before = left.map(({ wide }) => wide);
    shrink(left, width);
    if (totalOf(left) <= width || left.length === 1) return left;
    const spare = left.findLastIndex(({ column }) => column.spare);
    const out = spare === -1 ? left.length - 1 : spare;
    left = left.map((one, at) => ({ ...one, wide: before[at] ?? one.wide })).filter((_, at) => at !== out);
  }
}

function totalOf(shown: readonly Shown[]): number {
  return shown.reduce((sum, { wide }) => sum + wide, GAP.length * (shown.length - 1));
}

/** Truncates the widest columns, as far as they may be. */
function shrink(shown: readonly Shown[], width: number): void {
  const candidates = shown.filter(({ column, wide }) => !column.whole && wide > MIN_COLUMN);
  for (let excess = totalOf(shown) - width; excess > 0; excess = totalOf(shown) - width) {
    const [widest] = candidates.toSorted((one, other) => other.wide - one.wide);
    if (widest === undefined || widest.wide <= MIN_COLUMN) return;
    widest.wide = Math.max(MIN_COLUMN, widest.wide - (excess > 8 ? 4 : 1));
  }
}

function linesOf(table: readonly Shown[], rows: readonly Fields[], paint: Paint): string[] {
  const line = (textOf: (one: Shown) => string, styleOf: (one: Shown) => Style | null) =>
    table
      .map((one) => {
        const cell = padded(truncated(textOf(one), one.wide), one.wide, one.column.align);
        return paint(styleOf(one), cell);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      ({ column }) => column.title.toUpperCase(),
      () => 'dim',
    ),
    ...rows.map((row, at) =>
      line(
        ({ cells }) => cells[at] ?? '',
        ({ column }) => column.style?.(row) ?? null,
      ),
    ),
  ];
}

/** Prints a sentence: on a terminal in lines that fit, elsewhere in one. */
export function printNote(stream: Stream, text: string): void {
  for (const line of wrapped(text, widthOf(stream))) stream.write(`${line}\n`);
}

/** Prints one object, a line for each field that has a value: aligned on a terminal, elsewhere separated by tabs. */
export function printRecord(stream: Stream, columns: readonly Column[], row: Fields): void {
  const paint = paintFor(stream);
  const shown = columns
    .map((one) => ({ ...one, text: plain(one.value(row)) }))
    .filter(({ text }) => text !== '');
  const wide = Math.max(...shown.map(({ title }) => columnsOf(title)));
  for (const { title, text, style } of shown) {
    const label = stream.isTTY === true ? `${paint('dim', padded(title, wide))}  ` : `${title}\t`;
    stream.write(`${label}${paint(style?.(row) ?? null, text)}\n`);
  }
}
