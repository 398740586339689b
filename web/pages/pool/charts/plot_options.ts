import type uPlot from 'uplot';
import type { Series } from './time_chart.js';

interface PlotParts {
  readonly series: readonly Series[];
  readonly isStacked: boolean;
  readonly width: number;
  readonly height: number;
  readonly language: string;
  /** What the time axis shows, in seconds. */
  readonly span: readonly [from: number, to: number];
}

/** The least room of a label on the time axis, and what the last one needs beside the chart, in pixels. */
const LABEL_WIDTH = 76;
const LABEL_OVERHANG = 30;

/** How a chart is drawn, in the colours of the theme. */
export function plotOptions({ series, isStacked, width, height, language, span }: PlotParts): uPlot.Options {
  const colorOf = themeColors();
  const text = colorOf('--mantine-color-dimmed');
  const grid = { stroke: colorOf('--desk-line'), width: 1 };
  const axis = { stroke: text, grid, ticks: grid, font: '12px system-ui' };
  const hasSeconds = series.some(({ isSeconds }) => isSeconds);
  return {
    ...{ width, height, legend: { show: false }, cursor: { y: false } },
    padding: [null, hasSeconds ? null : LABEL_OVERHANG, null, null],
    scales: { x: { time: true, range: () => [...span] }, y: { range: fromZero }, s: { range: fromZero } },
    axes: [
      { ...axis, space: LABEL_WIDTH, values: (_plot, times) => labels(times, language) },
      { ...axis, size: 46 },
      ...(hasSeconds ? [{ ...axis, scale: 's', side: 1 as const, size: 50, grid: { show: false } }] : []),
    ],
    series: [
      {},
      ...series.map(({ label, color, isSeconds }) => ({
        ...{ label, scale: isSeconds ? 's' : 'y', stroke: colorOf(`--desk-${color}`), width: 1.5 },
        ...{ points: { show: false }, ...(isStacked && { fill: colorOf(`--desk-${color}-bg`) }) },
      })),
    ],
  };
}

/** A scale from 0 to a little above the largest value; whole numbers while they are small. */
function fromZero(_plot: uPlot, _least: number | null, most: number | null): uPlot.Range.MinMax {
  return [0, Math.max(4, Math.ceil((most ?? 0) * 1.08))];
}

function labels(times: readonly number[], language: string): string[] {
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const style: Intl.DateTimeFormatOptions =
    span > 2 * 86_400 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' };
  const format = new Intl.DateTimeFormat(language, style);
  return times.map((time) => format.format(new Date(time * 1000)));
}

/** The sums of each series and those below it; the largest first, so that the others are drawn over it. */
export function stacked(series: readonly Series[]): (number | null)[][] {
  return series.map((_, first) =>
    (series[first]?.values ?? []).map((value, at) =>
      value === null ? null : series.slice(first).reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
    ),
  );
}

function themeColors(): (name: string) => string {
  const theme = getComputedStyle(document.documentElement);
  return (name) => theme.getPropertyValue(name);
}
