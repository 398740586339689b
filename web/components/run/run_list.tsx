import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { type Answer, getPage } from '../../api/client.js';
import { shareDone } from '../../api/runs.js';
import { useFormat } from '../../i18n/format.js';
import { NothingFound } from '../empty_state.js';
import { Problem } from '../problem.js';
import { type Column, DataTable } from '../table/data_table.js';
import { useTableState } from '../table/table_state.js';
import { FilterSelect, TableTools } from '../table/table_tools.js';
import { Ago } from '../time.js';
import styles from './run.module.css';
import { RUN_STATES, RunStateCell } from './run_badge.js';

type ListedRun = Answer<'get', '/runs'>[number];

const REASONS = ['created', 'schedule', 'trigger'] as const;

interface RunListProps {
  /** Only the runs of this source. */
  readonly sourceId?: number;
  /** Shown where there are none. */
  readonly empty: ReactNode;
}

/** Runs, of all sources or of one: found, filtered and sorted by the service. */
export function RunList({ sourceId, empty }: RunListProps) {
  const { t } = useTranslation();
  const state = useTableState({ filters: ['state', 'reason'], sort: '-id' });
  const columns = useRunColumns(sourceId === undefined);
  const { data, error, refetch } = useQuery({
    queryKey: ['runs', 'list', sourceId, state.query],
    queryFn: ({ signal }) =>
      getPage('/runs', {
        query: { ...state.query, ...(sourceId !== undefined && { source_id: sourceId }) },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <TableTools state={state} searchLabel={t('runs.search')}>
        <FilterSelect
          state={state}
          name="state"
          label={t('runs.column.state')}
          options={RUN_STATES.map((value) => ({ value, label: t(`runs.state.${value}`) }))}
        />
        <FilterSelect
          state={state}
          name="reason"
          label={t('runs.column.reason')}
          options={REASONS.map((value) => ({ value, label: t(`runs.reason.${value}`) }))}
        />
      </TableTools>
      {error && <Problem error={error} onRetry={refetch} />}
      <DataTable
        label={t('shell.pages.runs')}
        columns={columns}
        page={data}
        state={state}
        rowName={({ id }) => t('runs.named', { id })}
        empty={state.isNarrowed ? <NothingFound /> : empty}
      />
    </>
  );
}

function useRunColumns(withSource: boolean): Column<ListedRun>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const source: Column<ListedRun> = {
    id: 'source',
    header: t('runs.column.source'),
    cell: ({ source_id, source_name }) => <Link to={`/sources/${source_id}`}>{source_name}</Link>,
  };
  return [
    {
      id: 'run',
      header: t('runs.column.run'),
      sort: 'id',
      cell: ({ id }) => <Link to={`/runs/${id}`}>{t('runs.named', { id })}</Link>,
    },
    ...(withSource ? [source] : []),
    { id: 'state', header: t('runs.column.state'), cell: (run) => <RunStateCell run={run} /> },
    {
      id: 'reason',
      header: t('runs.column.reason'),
      minor: true,
      cell: ({ reason }) => t(`runs.reason.${reason}`),
    },
    {
      id: 'session',
      header: t('runs.column.session'),
      minor: true,
      cell: (run) => <SessionsCell run={run} />,
    },
    {
      id: 'messages',
      header: t('runs.column.messages'),
      sort: 'messages_read',
      right: true,
      minor: true,
      cell: (run) => <MessagesCell run={run} />,
    },
    {
      id: 'files',
      header: t('runs.column.files'),
      sort: 'files_done',
      right: true,
      minor: true,
      cell: ({ files_done }) => format.number(files_done),
    },
    {
      id: 'started',
      header: t('runs.column.started'),
      sort: 'started_at',
      minor: true,
      cell: ({ started_at }) => started_at && <Ago at={started_at} />,
    },
    {
      id: 'took',
      header: t('runs.column.took'),
      right: true,
      minor: true,
      cell: ({ started_at, seconds }) => started_at && format.duration(seconds),
    },
  ];
}

/** The session that reads, or one of several, with how many others. */
function SessionsCell({ run: { session_name, sessions } }: { readonly run: ListedRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [first, ...others] = sessions;
  if (others.length === 0) return session_name;
  return (
    <span title={format.list(sessions)}>{t('runs.withOthers', { name: first, count: others.length })}</span>
  );
}

function MessagesCell({ run }: { readonly run: ListedRun }) {
  const format = useFormat();
  const share = shareDone(run);
  return (
    <>
      {format.number(run.messages_read)}
      {share !== null && share < 1 && <span className={styles.quiet}> {format.percent(share)}</span>}
    </>
  );
}
