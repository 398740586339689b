import { Progress } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  isGoingOn,
  type Run,
  ratesOf,
  type Sample,
  sampled,
  secondsLeft,
  shareDone,
} from '../../api/runs.js';
import { useFormat } from '../../i18n/format.js';
import styles from './run.module.css';
import { Sparkline } from './sparkline.js';

/** How far a run is: a bar and the time left where the total is known, its counts, and its rate over time. */
export function RunProgress({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const format = useFormat();
  const samples = useSamples(run);
  const share = shareDone(run);
  const left = secondsLeft(run, samples);
  const rates = ratesOf(samples);
  const total = run.total_messages;
  return (
    <div className={styles.progress}>
      {share !== null && (
        <>
          <Progress.Root size="lg" radius="xl">
            <Progress.Section
              value={share * 100}
              color={run.state === 'completed' ? 'teal' : 'blue'}
              aria-label={t('runs.progress.bar')}
              aria-valuetext={format.percent(share)}
            />
          </Progress.Root>
          <div className={styles.far}>
            <strong>{format.percent(share)}</strong>
            {total !== null && run.state !== 'completed' && (
              <span>
                {t('runs.progress.of', {
                  count: total,
                  read: format.number(run.messages_read),
                  total: format.number(total),
                })}
              </span>
            )}
            {left !== null && <span>{t('runs.progress.left', { left: format.duration(left) })}</span>}
          </div>
        </>
      )}
      <dl className={styles.counts}>
        <Count term={t('runs.progress.messages')} value={format.number(run.messages_read)} />
        <Count term={t('runs.progress.files')} value={format.number(run.files_done)} />
        <Count term={t('runs.progress.bytes')} value={format.bytes(run.bytes_done)} />
        <Count
          term={t(isGoingOn(run) ? 'runs.progress.rate' : 'runs.progress.average')}
          value={t('runs.progress.perSecond', { rate: format.number(run.messages_per_second) })}
        />
        <Count term={t('runs.progress.took')} value={run.started_at ? format.duration(run.seconds) : '—'} />
      </dl>
      {rates.length > 1 && (
        <Sparkline
          values={rates}
          label={t('runs.progress.sparkline', { most: format.number(Math.round(Math.max(...rates))) })}
        />
      )}
    </div>
  );
}

/** What has been seen of its progress since the console was opened. */
function useSamples(run: Run): readonly Sample[] {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(() => setSamples(sampled(run, Date.now())), [run]);
  return samples;
}

function Count({ term, value }: { readonly term: string; readonly value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}
