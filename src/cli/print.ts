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
} from './text.js';

/** One column of a list, or one line of a record. */
export interface Column {
  readonly title: string;
  /** What is shown; null or empty: nothing. */
  readonly value: (row: Fields) => unknown;
  readonly style?: (row: Fields) => Style | null;
  readonly align?: 'right';
}

/** A column that shows the field of this name as it is. */
export function column(field: string, title = field.replaceAll('_', ' ')): Column {
  return { title, value: (row) => row[field] };
}

/** A column of numbers. */
export function numbers(field: string, title?: string): Column {
  return { ...column(field, title), align: 'right' };
}

/** Prints the value as one line of JSON, with all digits. */
export function printJson(stream: Stream, value: unknown): void {
  stream.write(`${exactJson(value)}\n`);
}

/** Prints a list: a table on a terminal; elsewhere one line a row, its values separated by tabs. */
export function printTable(stream: Stream, columns: readonly Column[], rows: readonly Fields[]): void {
  if (stream.isTTY !== true) {
    for (const row of rows) stream.write(`${columns.map(({ value }) => plain(value(row))).join('\t')}\n`);
    return;
  }
  for (const line of tableLines(columns, rows, { width: widthOf(stream), paint: paintFor(stream) }))
    stream.write(`${line}\n`);
}

/** The narrowest that a column gets, if a table is too wide. */
const MIN_COLUMN = 6;
const GAP = '  ';

/** The lines of a table that is at most `width` wide: the widest columns are truncated. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly Fields[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] {
  const cells = rows.map((row) => columns.map(({ value }) => plain(value(row))));
  const widths = columns.map(({ title }, at) =>
    Math.max(columnsOf(title), ...cells.map((row) => columnsOf(row[at] ?? ''))),
  );
  shrink(widths, width - GAP.length * (columns.length - 1));
  const line = (texts: readonly string[], style: (at: number) => Style | null) =>
    texts
      .map((text, at) => {
        const wide = widths[at] ?? 0;
        const cell = padded(truncated(text, wide), wide, columns[at]?.align);
        return paint(style(at), cell);
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title.toUpperCase()),
    () => 'dim',
  );
  return [
    head,
    ...cells.map((row, index) => line(row, (at) => columns[at]?.style?.(rows[index] ?? {}) ?? null)),
  ];
}

function shrink(widths: number[], width: number): void {
  for (let sum = total(widths); sum > width; sum = total(widths)) {
    const widest = Math.max(...widths);
    if (widest <= MIN_COLUMN) return;
    widths[widths.indexOf(widest)] = Math.max(MIN_COLUMN, widest - (sum - width > 8 ? 4 : 1));
  }
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one, 0);
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
