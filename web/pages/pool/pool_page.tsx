import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client.js';
import { Page } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { PoolCounts } from './pool_counts.js';

/** The pool: how many sessions are in which state. */
export function PoolPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => get('/status', { signal }),
  });
  return (
    <Page title={t('shell.pages.pool')}>
      {error && <Problem error={error} onRetry={refetch} />}
      {data && <PoolCounts status={data} />}
    </Page>
  );
}
