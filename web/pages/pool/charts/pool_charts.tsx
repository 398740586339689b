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
  const { data, error, refetch } = useQuery({
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
      {data && data.points.length > 0 && <Charts points={data.points} range={range} />}
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

function Charts({ points, range }: { readonly points: readonly StatusPoint[]; readonly range: Range }) {
  const { t } = useTranslation();
  const format = useFormat();
  const times = points.map(({ at }) => Date.parse(at) / 1000);
  const to = times.at(-1) ?? 0;
  const span = [to - RANGES[range][0], to] as const;
  const seconds = (value: number) => format.duration(value);
  const waits: readonly Series[] = [
    { label: t('pool.chart.leasesBegun'), color: 'busy', values: points.map(({ leases }) => leases) },
    {
      label: t('pool.chart.meanWait'),
      color: 'odd',
      values: points.map(({ mean_wait_seconds }) => mean_wait_seconds),
      ...{ isSeconds: true, show: seconds },
    },
    {
      label: t('pool.chart.longestWait'),
      color: 'warn',
      values: points.map(({ longest_wait_seconds }) => longest_wait_seconds),
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
          values: points.map((point) => point[state]),
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
