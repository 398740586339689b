import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { Source } from '../../api/sources.js';
import { RunBadge } from '../../components/run/run_badge.js';
import type { Column } from '../../components/table/data_table.js';
import { Ago } from '../../components/time.js';
import { useFormat } from '../../i18n/format.js';
import { SourceMenu } from './source_actions.js';
import { AccessBadge, NextRun, PausedBadge, SessionLink } from './source_words.js';
import styles from './sources.module.css';

/** The columns of the list of sources. */
export function useSourceColumns(onEdit: (source: Source) => void): Column<Source>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      id: 'name',
      header: t('sources.column.name'),
      sort: 'name',
      cell: (source) => <NameCell source={source} />,
    },
    {
      id: 'access',
      header: t('sources.column.access'),
      minor: true,
      cell: ({ access_level }) => <AccessBadge level={access_level} />,
    },
    {
      id: 'session',
      header: t('sources.column.session'),
      minor: true,
      cell: (source) => <SessionLink source={source} />,
    },
    {
      id: 'target',
      header: t('sources.column.target'),
      sort: 'target',
      minor: true,
      cell: ({ target }) => target,
    },
    {
      id: 'next',
      header: t('sources.column.next'),
      minor: true,
      cell: (source) => (
        <>
          <PausedBadge source={source} />
          <NextRun source={source} />
        </>
      ),
    },
    { id: 'last', header: t('sources.column.last'), cell: (source) => <LastRun source={source} /> },
    {
      id: 'messages',
      header: t('sources.column.messages'),
      sort: 'total_messages_scraped',
      right: true,
      minor: true,
      cell: ({ total_messages_scraped }) => format.number(total_messages_scraped),
    },
    {
      id: 'actions',
      header: t('sources.column.actions'),
      right: true,
      stays: true,
      cell: (source) => (
        <span className={styles.actions}>
          <SourceMenu withRun source={source} onEdit={() => onEdit(source)} />
        </span>
      ),
    },
  ];
}

function NameCell({
  source: { id, name, identifier, channel_title, access_level },
}: {
  readonly source: Source;
}) {
  return (
    <div className={styles.name}>
      <Link to={`/sources/${id}`}>{name}</Link>
      <span className={styles.onPhone}>
        <AccessBadge level={access_level} />
      </span>
      <span className={styles.quiet}>
        {identifier}
        {channel_title && channel_title !== name && ` · ${channel_title}`}
      </span>
    </div>
  );
}

function LastRun({ source: { last_run } }: { readonly source: Source }) {
  const { t } = useTranslation();
  if (!last_run) return t('common.never');
  const { id, finished_at, started_at, error } = last_run;
  const at = finished_at ?? started_at;
  return (
    <Link to={`/runs/${id}`} className={styles.lastRun ?? ''} title={error ?? undefined}>
      <RunBadge run={last_run} />
      {at && (
        <span className={styles.quiet}>
          <Ago at={at} />
        </span>
      )}
    </Link>
  );
}
