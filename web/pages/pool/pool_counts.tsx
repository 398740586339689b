import { useTranslation } from 'react-i18next';
import type { Answer } from '../../api/client.js';
import { useFormat } from '../../i18n/format.js';
import styles from './pool.module.css';

type Status = Answer<'get', '/status'>;

const COUNTS = ['total', 'free', 'in_use', 'in_floodwait', 'unavailable', 'waiting'] as const;

/** How many sessions are in which state, and how many requests wait. */
export function PoolCounts({ status }: { readonly status: Status }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <dl className={styles.counts}>
      {COUNTS.map((name) => (
        <div key={name} data-count={name}>
          <dt>{t(`pool.count.${name}`)}</dt>
          <dd>{format.number(status[name])}</dd>
        </div>
      ))}
    </dl>
  );
}
