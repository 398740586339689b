import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Tone } from '../../../components/badge.js';
import { useFormat } from '../../../i18n/format.js';
import styles from './charts.module.css';
import { plotOptions, stacked } from './plot_options.js';

/** Values over time. */
export interface Series {
  readonly label: string;
  readonly color: Tone;
  readonly values: readonly (number | null)[];
  /** They have an axis of their own, in seconds. */
  readonly isSeconds?: boolean;
  readonly show?: (value: number) => string;
}

interface TimeChartProps {
  /** What it shows, for screen readers. */
  readonly label: string;
  /** In seconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly height: number;
  /** What the time axis shows, in seconds: it may begin before there was anything. */
  readonly span: readonly [from: number, to: number];
  /** One above the other, filled. */
  readonly isStacked?: boolean;
}

/** A chart over time; its legend has the values at the pointer, else the newest. */
export function TimeChart({ label, times, series, height, span, isStacked = false }: TimeChartProps) {
  const format = useFormat();
  const scheme = useComputedColorScheme();
  const place = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize<HTMLElement>();
  const [pointed, setPointed] = useState<number | null>(null);
  const shownSeries = JSON.stringify(series);
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again for other values, colours and sizes
  useEffect(() => {
    if (!place.current || width === 0) return;
    const options = plotOptions({
      series,
      isStacked,
      width,
      height,
      span,
      language: document.documentElement.lang,
    });
    const values = isStacked ? stacked(series) : series.map((one) => [...one.values]);
    const plot = new uPlot(
      { ...options, hooks: { setCursor: [({ cursor }) => setPointed(cursor.idx ?? null)] } },
      [[...times], ...values],
      place.current,
    );
    return () => plot.destroy();
  }, [shownSeries, times.length, times[0], span[0], scheme, width, height, isStacked]);
  const at = pointed ?? times.length - 1;
  const time = times[at];
  return (
    <figure ref={measured} className={styles.chart}>
      <div ref={place} role="img" aria-label={label} className={styles.plot} />
      <figcaption>
        {time !== undefined && (
          <span className={styles.at}>{format.dateTime(new Date(time * 1000).toISOString())}</span>
        )}
        <ul className={styles.legend}>
          {series.map(({ label: name, color, values, show = format.number }) => (
            <li key={name} data-tone={color}>
              {name}:{' '}
              <strong>{values[at] === null || values[at] === undefined ? '–' : show(values[at])}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
