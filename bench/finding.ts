/** One measured figure, next to its reference. */
export interface Finding {
  readonly what: string;
  readonly ours: string;
  readonly against: string;
  /** Null: not a ratio. */
  readonly ratio: number | null;
  readonly wanted: string;
  /** Null: informational, without a target. */
  readonly met: boolean | null;
}

/** A ratio that must stay at or below `most`. */
export function atMost(what: string, sides: Sides, most: number): Finding {
  const ratio = sides.ours.value / sides.against.value;
  return { ...told(what, sides), ratio, wanted: `<= ${most}`, met: ratio <= most };
}

/** A ratio that must reach `least`. */
export function atLeast(what: string, sides: Sides, least: number): Finding {
  const ratio = sides.ours.value / sides.against.value;
  return { ...told(what, sides), ratio, wanted: `>= ${least}`, met: ratio >= least };
}

/** A figure that must stay below `limit`. */
export function below(what: string, ours: Quantity, limit: number): Finding {
  const { value } = ours;
  const wanted = `< ${shown({ ...ours, value: limit })}`;
  return { what, ours: shown(ours), against: '', ratio: null, wanted, met: value < limit };
}

/** A count that must be exactly `wanted`. */
export function exactly(what: string, count: number, wanted: number): Finding {
  return {
    what,
    ours: String(count),
    against: '',
    ratio: null,
    wanted: String(wanted),
    met: count === wanted,
  };
}

/** A figure without a target. */
export function noted(what: string, ours: Quantity): Finding {
  return { what, ours: shown(ours), against: '', ratio: null, wanted: '', met: null };
}

/** A result in words, next to the expected one; null: any. */
export function said(what: string, ours: string, wanted: string | null = null): Finding {
  const met = wanted === null ? null : ours === wanted;
  return { what, ours, against: '', ratio: null, wanted: wanted ?? '', met };
}

/** A number with its unit. */
export interface Quantity {
  readonly value: number;
  readonly unit: string;
}

/** Two quantities to divide, and the name of the second one. */
export interface Sides {
  readonly ours: Quantity;
  readonly against: Quantity & { readonly name: string };
}

/** Findings as a Markdown table. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, ours, against, ratio, wanted, met }) => {
    const verdict = met === null ? '' : met ? 'yes' : 'NO';
    return [what, ours, against, ratio === null ? '' : ratio.toFixed(2), wanted, verdict];
  });
  const all = [['what', 'ours', 'against', 'ratio', 'wanted', 'met'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = all;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function told(what: string, { ours, against }: Sides): Pick<Finding, 'what' | 'ours' | 'against'> {
  return { what, ours: shown(ours), against: `${against.name}: ${shown(against)}` };
}

function shown({ value, unit }: Quantity): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return `${value.toFixed(digits)} ${unit}`.trim();
}
