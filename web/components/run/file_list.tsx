import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
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

interface FileListProps {
  /** Whose files: the address of their list, and the id in it. */
  readonly of: '/runs/{id}/files' | '/sources/{id}/files';
  readonly id: number;
}

/** The files of a run or a source; an admin can download those that are stored. */
export function FileList({ of, id }: FileListProps) {
  const { t } = useTranslation();
  const state = useTableState({ filters: ['state'] });
  const columns = useFileColumns();
  const { data, error, refetch } = useQuery({
    queryKey: ['runs', of, id, 'files', state.query],
    queryFn: ({ signal }) => getPage(of, { path: { id }, query: state.query, signal }),
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

function useFileColumns(): Column<RunFile>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    { id: 'name', header: t('runs.files.name'), cell: (file) => <NameCell file={file} /> },
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
