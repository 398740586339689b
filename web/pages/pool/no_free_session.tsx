import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { get } from '../../api/client.js';
import { StateBadge } from '../../components/badge.js';
import { Panel } from '../../components/page.js';
import { Left } from '../../components/time.js';
import styles from './pool.module.css';

const SHOWN = 5;

/** The renewals of leases are told by no event: asked for this often, in milliseconds. */
const ASK_MS = 5000;

/** Why nothing can be leased, and what frees when. */
export function NoFreeSession({ mayWatch }: { readonly mayWatch: boolean }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ['upcoming'],
    queryFn: ({ signal }) => get('/status/upcoming', { query: { limit: SHOWN }, signal }),
    enabled: mayWatch,
    refetchInterval: ASK_MS,
  });
  return (
    <Panel title={t('pool.noFree.title')}>
      <p>
        {t('pool.noFree.text')} {data && t(data.length === 0 ? 'pool.noFree.nothing' : 'pool.noFree.next')}
      </p>
      {data && data.length > 0 && (
        <ul className={styles.upcoming}>
          {data.map(({ session_id, session_name, state, method, until }) => (
            <li key={`${session_id} ${method}`}>
              <Link to={`/sessions/${session_id}`}>{session_name}</Link>
              <StateBadge state={state} />
              <span>
                {t(`pool.noFree.${state}`, { method: method ?? '' })}: <Left until={until} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
