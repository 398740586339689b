import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Answer, get } from '../../api/client.js';
import { Panel } from '../../components/page.js';
import { Ago, Left } from '../../components/time.js';
import { useFormat } from '../../i18n/format.js';
import styles from './pool.module.css';

type WaitingRequest = Answer<'get', '/status/waiting'>['requests'][number];

const SHOWN = 10;

/** Who waits for which session, since when, and for how long yet. */
export function WaitingRequests() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery({
    queryKey: ['waiting'],
    queryFn: ({ signal }) => get('/status/waiting', { query: { limit: SHOWN }, signal }),
  });
  const all = data ? data.here + data.elsewhere : 0;
  if (!data || all === 0) return null;
  const more = all - data.requests.length;
  return (
    <Panel title={t('pool.waiting.title')}>
      <ul className={styles.upcoming} aria-label={t('pool.waiting.title')}>
        {data.requests.map((request) => (
          <li key={`${request.since} ${request.holder} ${request.address} ${request.until}`}>
            <strong title={request.address ?? undefined}>{request.holder_name ?? request.holder}</strong>
            <Wanted request={request} />
            <Ago at={request.since} />
            <span className={styles.quiet}>
              {t('pool.waiting.left')} <Left until={request.until} />
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && <p>{t('pool.waiting.more', { formatted: format.number(more) })}</p>}
    </Panel>
  );
}

function Wanted({
  request: { tags, session_id, session_name, method },
}: {
  readonly request: WaitingRequest;
}) {
  const { t } = useTranslation();
  const name = session_name ?? (session_id === null ? null : `#${session_id}`);
  const wanted = [
    name !== null && t('pool.waiting.session', { name }),
    tags.length > 0 && t('pool.waiting.tags', { tags: tags.join(', ') }),
    method !== null && t('pool.waiting.method', { method }),
  ].filter(Boolean);
  return <span>{wanted.length === 0 ? t('pool.waiting.anySession') : wanted.join(' · ')}</span>;
}
