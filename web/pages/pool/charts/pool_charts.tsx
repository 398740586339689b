import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../../api/client.js';
import { ApiError } from '../../../api/errors.js';
import type { StatusPoint } from '../../../api/pool.js';
import { Panel } from '../../../components/page.js';
import { Problem } from '../../../components/problem.js';
import { useFormat } from '../../../i18n/format.js';
import { type Series, TimeChart } from './time_chart.js';

/** The times that can be shown: their length and the step, in seconds. */
const RANGES = { hour: [3600, 60], day: [86_400, 900], week: [604_800, 3600] } as const;
type Range = keyof typeof RANGES;

/** A new minute is asked for this often, in milliseconds. */
const REFRESH_MS = 30_000;

/** What the pool did over the last hour, day or week. */
export function PoolCharts() {
  const { t } = useTranslation();
  const [range, setRange] = useState<Range>('hour');
  const { data, dataUpdatedAt, error, refetch } = useQuery({
    queryKey: ['status', 'history', range],
    queryFn: ({ signal }) => get('/status/history', { query: queryOf(range), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label={t('pool.chart.range')}
      value={range}
      data={(Object.keys(RANGES) as Range[]).map((value) => ({ value, label: t(`pool.chart.${value}`) }))}
      onChange={(value) => setRange(value as Range)}
    />
  );
  const isLimited = error instanceof ApiError && error.code === 'key_limited_to_tags';
  return (
    <Panel title={t('pool.chart.title')} actions={choice}>
      {isLimited && <p>{t('pool.chart.limited')}</p>}
      {error && !isLimited && <Problem error={error} onRetry={refetch} />}
      {data?.points.length === 0 && <p>{t('pool.chart.none')}</p>}
      {data && data.points.length > 0 && (
        <Charts points={data.points} range={range} askedAt={dataUpdatedAt} />
      )}
    </Panel>
  );
}

function queryOf(range: Range) {
  const [length, step] = RANGES[range];
  const to = new Date();
  return { from: new Date(to.getTime() - length * 1000).toISOString(), to: to.toISOString(), step };
}

const STATES = [
  ['unavailable', 'calm'],
  ['in_floodwait', 'warn'],
  ['in_use', 'busy'],
  ['free', 'good'],
] as const;

/** What is drawn at a time, in seconds; null: the service took no sample, so that no line leads across that time. */
interface Drawn {
  readonly time: number;
  readonly point: StatusPoint | null;
}

function withGaps(points: readonly StatusPoint[], stepSeconds: number): readonly Drawn[] {
  const drawn = points.map((point) => ({ time: Date.parse(point.at) / 1000, point }));
  return drawn.flatMap((one, at): Drawn[] => {
    const before = drawn[at - 1]?.time ?? one.time;
    const isAfterGap = one.time - before > 1.5 * stepSeconds;
    return isAfterGap ? [{ time: one.time - stepSeconds, point: null }, one] : [one];
  });
}

/** Where the time axis ends: at the newest sample, or now if no sample has come for a while. In seconds. */
function endOf(newest: number, now: number, step: number): number {
  return now - newest > 2 * step ? now : newest;
}

interface ChartsProps {
  readonly points: readonly StatusPoint[];
  readonly range: Range;
  /** In milliseconds. */
  readonly askedAt: number;
}

function Charts({ points, range, askedAt }: ChartsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [length, step] = RANGES[range];
  const drawn = withGaps(points, step);
  const times = drawn.map(({ time }) => time);
  const valuesOf = (value: (point: StatusPoint) => number | null) =>
    drawn.map(({ point }) => point && value(point));
  const to = endOf(times.at(-1) ?? 0, askedAt / 1000, step);
  const span = [to - length, to] as const;
  const seconds = (value: number) => format.duration(value);
  const waits: readonly Series[] = [
    { label: t('pool.chart.leasesBegun'), color: 'busy', values: valuesOf(({ leases }) => leases) },
    {
      label: t('pool.chart.meanWait'),
      color: 'odd',
      values: valuesOf(({ mean_wait_seconds }) => mean_wait_seconds),
      ...{ isSeconds: true, show: seconds },
    },
    {
      label: t('pool.chart.longestWait'),
      color: 'warn',
      values: valuesOf(({ longest_wait_seconds }) => longest_wait_seconds),
      ...{ isSeconds: true, show: seconds },
    },
  ];
  const name = t(`pool.chart.${range}`);
  return (
    <>
      <TimeChart
        label={t('pool.chart.states', { range: name })}
        times={times}
        span={span}
        isStacked
        height={220}
        series={STATES.map(([state, color]) => ({
          ...{ label: t(`pool.count.${state}`), color },
          values: valuesOf((point) => point[state]),
        }))}
      />
      <TimeChart
        label={t('pool.chart.leases', { range: name })}
        times={times}
        span={span}
        height={140}
        series={waits}
      />
    </>
  );
}
