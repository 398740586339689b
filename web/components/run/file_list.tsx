import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { address, getPage } from '../../api/client.js';
import { useIsAdmin } from '../../api/identity.js';
import type { RunFile } from '../../api/runs.js';
import { useFormat } from '../../i18n/format.js';
import { Badge, type Tone } from '../badge.js';
import { EmptyState, NothingFound } from '../empty_state.js';
import { Problem } from '../problem.js';
import { type Column, DataTable } from '../table/data_table.js';
import { useTableState } from '../table/table_state.js';
import { FilterSelect, TableTools } from '../table/table_tools.js';
import styles from './run.module.css';

const TONES = { stored: 'good', duplicate: 'calm', skipped: 'warn' } as const satisfies Record<
  RunFile['state'],
  Tone
>;

const STATES = Object.keys(TONES) as RunFile['state'][];

/** Whose files: the address of their list, and the id in it. */
type FileListProps =
  | { readonly of: '/runs/{id}/files' | '/sources/{id}/files'; readonly id: number }
  | { readonly of: '/files' };

/** The files of a run, of a source or of all; an admin can download those that are stored. */
export function FileList(props: FileListProps) {
  const { t } = useTranslation();
  const state = useTableState({ filters: ['state'] });
  const columns = useFileColumns(props.of === '/files');
  const { data, error, refetch } = useQuery({
    queryKey: ['runs', props, 'files', state.query],
    queryFn: ({ signal }) =>
      props.of === '/files'
        ? getPage(props.of, { query: state.query, signal })
        : getPage(props.of, { path: { id: props.id }, query: state.query, signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <TableTools state={state} searchLabel={t('runs.files.search')}>
        <FilterSelect
          state={state}
          name="state"
          label={t('runs.files.state')}
          options={STATES.map((value) => ({ value, label: t(`runs.files.states.${value}`) }))}
        />
      </TableTools>
      {error && <Problem error={error} onRetry={refetch} />}
      <DataTable
        label={t('runs.files.title')}
        columns={columns}
        page={data}
        state={state}
        rowName={({ name }) => name}
        empty={
          state.isNarrowed ? (
            <NothingFound />
          ) : (
            <EmptyState title={t('runs.files.none')}>
              <p>{t('runs.files.noneText')}</p>
            </EmptyState>
          )
        }
      />
    </>
  );
}

function useFileColumns(withSource: boolean): Column<RunFile>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const origin: Column<RunFile>[] = [
    {
      id: 'source',
      header: t('runs.column.source'),
      minor: true,
      cell: ({ source_id, source_name }) => <Link to={`/sources/${source_id}`}>{source_name}</Link>,
    },
    {
      id: 'run',
      header: t('runs.column.run'),
      minor: true,
      cell: ({ run_id }) => <Link to={`/runs/${run_id}`}>{t('runs.named', { id: run_id })}</Link>,
    },
  ];
  return [
    { id: 'name', header: t('runs.files.name'), cell: (file) => <NameCell file={file} /> },
    ...(withSource ? origin : []),
    {
      id: 'size',
      header: t('runs.files.size'),
      right: true,
      cell: ({ size_bytes }) => format.bytes(size_bytes),
    },
    {
      id: 'message',
      header: t('runs.files.message'),
      right: true,
      minor: true,
      cell: ({ message_id }) => message_id,
    },
    { id: 'state', header: t('runs.files.state'), cell: (file) => <StateCell file={file} /> },
  ];
}

function NameCell({ file: { id, run_id, name, path, state, mime_type } }: { readonly file: RunFile }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const isThere = path !== null && state !== 'skipped';
  const content = address('/runs/{run}/files/{file}/content', { path: { run: run_id, file: id } });
  return (
    <div className={styles.file}>
      {isAdmin && isThere ? (
        <a href={content} download={name} aria-label={t('runs.files.download', { name })}>
          {name}
        </a>
      ) : (
        name
      )}
      <span className={styles.quiet}>{path ?? mime_type}</span>
    </div>
  );
}

function StateCell({ file: { state, reason } }: { readonly file: RunFile }) {
  const { t } = useTranslation();
  return (
    <div className={styles.state}>
      <Badge tone={TONES[state]} title={t(`runs.files.meaning.${state}`)}>
        {t(`runs.files.states.${state}`)}
      </Badge>
      {reason && <span className={styles.quiet}>{reason}</span>}
    </div>
  );
}
