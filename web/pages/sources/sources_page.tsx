import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearchParams } from 'wouter';
import { getPage } from '../../api/client.js';
import { useIsAdmin } from '../../api/identity.js';
import { EmptyState, NothingFound } from '../../components/empty_state.js';
import { Icon } from '../../components/icons.js';
import { onDemand } from '../../components/on_demand.js';
import { Page } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { RUN_STATES } from '../../components/run/run_badge.js';
import { DataTable } from '../../components/table/data_table.js';
import { useTableState } from '../../components/table/table_state.js';
import { FilterSelect, TableTools } from '../../components/table/table_tools.js';
import type { Prefilled } from './form/source_values.js';
import { useSourceColumns } from './source_columns.js';

const NewSource = onDemand(async () => (await import('./form/source_forms.js')).NewSource);

const FILTERS = ['state', 'access_level', 'target'] as const;
const TARGETS = ['LOCAL', 'NAS', 'S3'] as const;

/** All sources: found, filtered and sorted by the service. */
export function SourcesPage() {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const [, navigate] = useLocation();
  const state = useTableState({ filters: FILTERS, sort: 'name' });
  const columns = useSourceColumns(({ id }) => navigate(`/sources/${id}?edit=1`));
  const form = useFormInAddress();
  const { data, error, refetch } = useQuery({
    queryKey: ['sources', 'list', state.query],
    queryFn: ({ signal }) => getPage('/sources', { query: state.query, signal }),
    placeholderData: keepPreviousData,
  });
  const add = isAdmin && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={form.open}>
      {t('sources.add')}
    </Button>
  );
  return (
    <Page title={t('shell.pages.sources')} actions={data && data.total > 0 && add}>
      <TableTools state={state} searchLabel={t('sources.search')}>
        <FilterSelect
          state={state}
          name="state"
          label={t('sources.filter.state')}
          options={[
            { value: 'active', label: t('sources.active') },
            { value: 'inactive', label: t('sources.paused') },
            ...RUN_STATES.map((value) => ({
              value,
              label: t('sources.filter.lastRun', { state: t(`runs.state.${value}`) }),
            })),
          ]}
        />
        <FilterSelect
          state={state}
          name="access_level"
          label={t('sources.column.access')}
          options={(['public', 'private'] as const).map((value) => ({
            value,
            label: t(`sources.access.${value}`),
          }))}
        />
        <FilterSelect
          state={state}
          name="target"
          label={t('sources.column.target')}
          options={TARGETS.map((value) => ({ value, label: value }))}
        />
      </TableTools>
      {error && <Problem error={error} onRetry={refetch} />}
      <DataTable
        label={t('shell.pages.sources')}
        columns={isAdmin ? columns : columns.filter(({ id }) => id !== 'actions')}
        page={data}
        state={state}
        rowName={({ name }) => name}
        empty={
          state.isNarrowed ? (
            <NothingFound />
          ) : (
            <EmptyState title={t('sources.empty.title')}>
              <p>{t(isAdmin ? 'sources.empty.admin' : 'sources.empty.monitor')}</p>
              {add}
            </EmptyState>
          )
        }
      />
      {isAdmin && form.prefilled && <NewSource prefilled={form.prefilled} onClose={form.close} />}
    </Page>
  );
}

const FORM = ['new', 'identifier', 'title', 'session'] as const;

/** The form is open while the address has `new`: Back closes it, and a link opens it. */
function useFormInAddress() {
  const [params, setParams] = useSearchParams();
  const wanted = params.get('new');
  const prefilled: Prefilled | null =
    wanted === null
      ? null
      : {
          access_level: wanted === 'private' ? 'private' : 'public',
          identifier: params.get('identifier') ?? '',
          channel_title: params.get('title') ?? '',
          session: params.get('session') ?? '',
        };
  return {
    prefilled,
    open: () => setParams((before) => new URLSearchParams([...before, ['new', 'public']])),
    close: () =>
      setParams(
        (before) => new URLSearchParams([...before].filter(([name]) => !FORM.some((one) => one === name))),
        { replace: true },
      ),
  };
}
