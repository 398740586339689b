import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useSelf } from '../../api/identity.js';
import type { PoolStatus } from '../../api/pool.js';
import { isSessionState } from '../../components/badge.js';
import { useFormat } from '../../i18n/format.js';
import styles from './pool.module.css';

const COUNTS = ['total', 'free', 'in_use', 'in_floodwait', 'unavailable', 'waiting'] as const;
type Count = (typeof COUNTS)[number];

/** The sessions behind a count, where there is a list of them. */
const LISTS: Partial<Record<Count, string>> = {
  total: '/sessions',
  free: '/sessions?status=free',
  in_use: '/leases',
  in_floodwait: '/sessions?status=flood',
};

/** How many sessions are in which state, and how many requests wait. */
export function PoolCounts({ status }: { readonly status: PoolStatus }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { role } = useSelf();
  const hint = useHints(status);
  return (
    <dl className={styles.counts} aria-label={t('pool.counts')}>
      {COUNTS.map((name) => {
        const list = role === 'worker' ? undefined : LISTS[name];
        return (
          <div key={name} data-count={name}>
            <dt>{list ? <Link to={list}>{t(`pool.count.${name}`)}</Link> : t(`pool.count.${name}`)}</dt>
            <dd className={styles.number}>{format.number(status[name])}</dd>
            <dd className={styles.hint}>{hint(name)}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function useHints(status: PoolStatus): (name: Count) => string {
  const { t } = useTranslation();
  const format = useFormat();
  const { total, free, limited, flooded_for_methods, invalidated, oldest_lease_seconds, waiting } = status;
  return (name) => {
    switch (name) {
      case 'total':
        return limited > 0 ? t('pool.hint.limited', { formatted: format.number(limited) }) : '';
      case 'free':
        return t('pool.hint.free', { share: format.percent(total === 0 ? 0 : free / total) });
      case 'in_use':
        return oldest_lease_seconds === null
          ? t('pool.hint.oldestUnknown')
          : t('pool.hint.oldest', { duration: format.duration(oldest_lease_seconds) });
      case 'in_floodwait':
        return [
          flooded_for_methods > 0 &&
            t('pool.hint.flooded', { formatted: format.number(flooded_for_methods) }),
          invalidated > 0 && t('pool.hint.invalidated', { formatted: format.number(invalidated) }),
        ]
          .filter(Boolean)
          .join(', ');
      case 'unavailable':
        return Object.entries(status.unavailable_reasons)
          .filter(([, count]) => count > 0)
          .map(([state, count]) => `${stateName(state, t)}: ${format.number(count)}`)
          .join(', ');
      case 'waiting':
        return waiting === 0 ? t('pool.hint.nobodyWaits') : '';
      default:
        return '';
    }
  };
}

function stateName(state: string, t: TFunction): string {
  return isSessionState(state) ? t(`states.state.${state}`) : state;
}
