import { Code } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useSelf } from '../../api/identity.js';
import { type PoolStatus, usePoolStatus } from '../../api/pool.js';
import { EmptyState } from '../../components/empty_state.js';
import { onDemand } from '../../components/on_demand.js';
import { Page, Panel } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { Activity } from './activity.js';
import { NoFreeSession } from './no_free_session.js';
import styles from './pool.module.css';
import { PoolCounts } from './pool_counts.js';
import { WaitingRequests } from './waiting_requests.js';

const PoolCharts = onDemand(
  async () => (await import('./charts/pool_charts.js')).PoolCharts,
  () => <div className={styles.chartsPlace} />,
);

/** The pool: its counts, how they came about, and why there is nothing free. */
export function PoolPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = usePoolStatus();
  return (
    <Page title={t('shell.pages.pool')}>
      {error && !data && <Problem error={error} onRetry={refetch} />}
      {data && <Pool status={data} />}
    </Page>
  );
}

function Pool({ status }: { readonly status: PoolStatus }) {
  const { role } = useSelf();
  const mayWatch = role !== 'worker';
  if (status.total === 0) return <EmptyPool />;
  return (
    <>
      <PoolCounts status={status} />
      {status.free === 0 && <NoFreeSession mayWatch={mayWatch} />}
      {mayWatch && status.waiting > 0 && <WaitingRequests />}
      {mayWatch && (
        <div className={styles.columns}>
          <PoolCharts />
          <Activity />
        </div>
      )}
      {status.oldest_lease_seconds === null && <FirstLease />}
    </>
  );
}

function EmptyPool() {
  const { t } = useTranslation();
  const { role } = useSelf();
  return (
    <EmptyState title={t('pool.empty.title')}>
      <p>{t(`pool.empty.${role}`)}</p>
      {role === 'admin' && <Link to="/sessions?add=code">{t('pool.empty.add')}</Link>}
    </EmptyState>
  );
}

/** The command with which a worker leases a session; without the key, since others may look on. */
function FirstLease() {
  const { t } = useTranslation();
  return (
    <Panel title={t('pool.firstLease.title')}>
      <p>{t('pool.firstLease.text')}</p>
      <Code block>{`curl -H "X-API-Key: YOUR_KEY" ${location.origin}/session`}</Code>
    </Panel>
  );
}
