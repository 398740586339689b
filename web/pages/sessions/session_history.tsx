import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client.js';
import { holderName } from '../../api/holders.js';
import { EventBadge } from '../../components/badge.js';
import { useEventDetail } from '../../components/event_detail.js';
import { Problem } from '../../components/problem.js';
import { Ago } from '../../components/time.js';
import styles from './sessions.module.css';

const PART = 30;

/** What happened to a session, newest first. */
export function SessionHistory({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const shown = useEventDetail();
  const [limit, setLimit] = useState(PART);
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', id, 'history', limit],
    queryFn: ({ signal }) =>
      get('/sessions/{id}/history', { path: { id }, query: { limit: limit + 1 }, signal }),
    placeholderData: keepPreviousData,
  });
  if (error) return <Problem error={error} onRetry={refetch} />;
  if (!data) return null;
  if (data.length === 0) return <p>{t('sessions.page.noHistory')}</p>;
  return (
    <>
      <ol className={styles.timeline}>
        {data.slice(0, limit).map(({ id: row, at, event, detail, ...by }) => (
          <li key={row}>
            <EventBadge event={event} />
            {by.holder && <span className={styles.quiet}>{holderName(by)}</span>}
            <Ago at={at} />
            {detail && <p>{shown(detail)}</p>}
          </li>
        ))}
      </ol>
      {data.length > limit && (
        <Button mt="sm" variant="default" size="xs" onClick={() => setLimit(limit + PART)}>
          {t('common.more')}
        </Button>
      )}
    </>
  );
}
