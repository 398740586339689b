import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { get } from '../../api/client.js';
import { holderName } from '../../api/holders.js';
import { EventBadge } from '../../components/badge.js';
import { useEventDetail } from '../../components/event_detail.js';
import { Panel } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { Ago } from '../../components/time.js';
import styles from './pool.module.css';

const PART = 50;

/** What happened to sessions, newest first: before the page was opened, and since. */
export function Activity() {
  const { t } = useTranslation();
  const shown = useEventDetail();
  const [isPaused, setPaused] = useState(false);
  const [limit, setLimit] = useState(PART);
  const { data, error, refetch } = useQuery({
    queryKey: ['activity', limit],
    queryFn: ({ signal }) => get('/events/history', { query: { limit }, signal }),
    placeholderData: keepPreviousData,
    subscribed: !isPaused,
  });
  const pause = (
    <Button size="compact-xs" variant="default" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
      {isPaused ? t('pool.activity.resume') : t('pool.activity.pause')}
    </Button>
  );
  return (
    <Panel title={t('pool.activity.title')} actions={pause}>
      {error && <Problem error={error} onRetry={refetch} />}
      {data?.length === 0 && <p>{t('pool.activity.none')}</p>}
      {data && data.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <ol className={styles.activity} aria-label={t('pool.activity.title')} tabIndex={0}>
          {data.map(({ id, at, event, detail, session_id, session_name, ...by }) => (
            <li key={id}>
              <EventBadge event={event} />
              {session_name === null ? (
                <span>{t('pool.activity.deleted', { id: session_id })}</span>
              ) : (
                <Link to={`/sessions/${session_id}`}>{session_name}</Link>
              )}
              <span className={styles.quiet}>
                {[holderName(by), detail && shown(detail)].filter(Boolean).join(' · ')}
              </span>
              <Ago at={at} />
            </li>
          ))}
        </ol>
      )}
      {data && data.length >= limit && limit < 500 && (
        <Button mt="sm" size="xs" variant="default" onClick={() => setLimit(Math.min(limit + 150, 500))}>
          {t('common.more')}
        </Button>
      )}
    </Panel>
  );
}
