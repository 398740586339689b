import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { holderName } from '../../api/holders.js';
import { furtherReason, proxyName, type Session } from '../../api/sessions.js';
import { ConditionBadge, StateBadge } from '../../components/badge.js';
import type { Column } from '../../components/table/data_table.js';
import { Ago, Day, Left } from '../../components/time.js';
import { MethodFlood } from './method_flood.js';
import { SessionMenu } from './session_menu.js';
import styles from './sessions.module.css';

/** The columns of the list of sessions. */
export function useSessionColumns(): Column<Session>[] {
  const { t } = useTranslation();
  return [
    {
      id: 'name',
      header: t('sessions.column.name'),
      sort: 'name',
      cell: (session) => <NameCell {...session} />,
    },
    {
      id: 'state',
      header: t('sessions.column.state'),
      sort: 'status',
      cell: (session) => <StateCell {...session} />,
    },
    {
      id: 'health',
      header: t('sessions.column.health'),
      sort: 'health',
      right: true,
      minor: true,
      cell: ({ health }) => health.score,
    },
    {
      id: 'holder',
      header: t('sessions.column.holder'),
      minor: true,
      cell: holderName,
    },
    {
      id: 'lastUsed',
      header: t('sessions.column.lastUsed'),
      sort: 'last_used_at',
      minor: true,
      cell: ({ last_used_at }) => last_used_at && <Ago at={last_used_at} />,
    },
    { id: 'tags', header: t('sessions.column.tags'), minor: true, cell: ({ tags }) => <Tags tags={tags} /> },
    {
      id: 'proxy',
      header: t('sessions.column.proxy'),
      minor: true,
      cell: ({ proxy }) => proxy && <span title={proxyName(proxy)}>{`${proxy.host}:${proxy.port}`}</span>,
    },
    { id: 'format', header: t('sessions.column.format'), minor: true, cell: ({ format }) => format },
    {
      id: 'created',
      header: t('sessions.column.created'),
      sort: 'created_at',
      minor: true,
      cell: ({ created_at }) => <Day at={created_at} />,
    },
    {
      id: 'actions',
      header: t('sessions.column.actions'),
      right: true,
      stays: true,
      cell: (session) => <SessionMenu session={session} />,
    },
  ];
}

function NameCell({ id, name, phone_number }: Session) {
  return (
    <div className={styles.name}>
      <Link to={`/sessions/${id}`}>{name}</Link>
      {phone_number && <span className={styles.quiet}>{phone_number}</span>}
    </div>
  );
}

const NEVER_ENDING = Date.UTC(2090, 0, 1);

/** How many method floods a row of the list shows: a limited account has one for each method that it cannot call. */
const SHOWN_FLOODS = 2;

function StateCell(session: Session) {
  const { t } = useTranslation();
  const { status, condition, status_until, method_floods } = session;
  const reason = furtherReason(session);
  const more = method_floods.length - SHOWN_FLOODS;
  const ends = status_until !== null && Date.parse(status_until) < NEVER_ENDING ? status_until : null;
  return (
    <div className={styles.state}>
      <StateBadge state={status} />
      {condition !== 'alive' && condition !== status && <ConditionBadge condition={condition} />}
      {ends && (
        <span className={styles.quiet}>
          <Left until={ends} />
        </span>
      )}
      {reason && (
        <span className={styles.reason} title={reason}>
          {reason}
        </span>
      )}
      {method_floods.slice(0, SHOWN_FLOODS).map((flood) => (
        <span key={flood.method} className={styles.flood} title={t('sessions.page.methodFloods')}>
          <MethodFlood {...flood} />
        </span>
      ))}
      {more > 0 && <span className={styles.quiet}>{t('sessions.moreFloods', { count: more })}</span>}
    </div>
  );
}

/** The tags of a session. */
export function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <span key={tag} className={styles.tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}
