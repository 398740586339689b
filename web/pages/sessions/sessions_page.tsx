import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, getPage } from '../../api/client.js';
import { useIsAdmin, useSelf } from '../../api/identity.js';
import { CONDITIONS, type Condition, SESSION_STATES, type SessionState } from '../../components/badge.js';
import { EmptyState } from '../../components/empty_state.js';
import { Icon } from '../../components/icons.js';
import { onDemand } from '../../components/on_demand.js';
import { Page } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { DataTable } from '../../components/table/data_table.js';
import { type TableState, useTableState } from '../../components/table/table_state.js';
import { FilterSelect, TableTools } from '../../components/table/table_tools.js';
import { useAdding } from './adding.js';
import { BulkBar } from './bulk_bar.js';
import { useSessionColumns } from './session_columns.js';

const LimitsDialog = onDemand(async () => (await import('./limits/limits_dialog.js')).LimitsDialog);
const AddDialog = onDemand(async () => (await import('./add/add_dialog.js')).AddDialog);

const FILTERS = ['status', 'condition', 'tag', 'format', 'proxy'] as const;

type SessionTable = TableState<(typeof FILTERS)[number]>;

const FORMATS = ['telethon', 'pyrogram', 'json', 'unknown', 'unreadable'] as const;

/** All sessions: found, filtered and sorted by the service. */
export function SessionsPage() {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const state = useTableState({ filters: FILTERS, sort: 'name' });
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const columns = useSessionColumns();
  const filter = filterOf(state);
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', 'list', state.query],
    queryFn: ({ signal }) => getPage('/sessions', { query: state.query, signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t('shell.pages.sessions')} actions={isAdmin && <AddAccounts />}>
      <TableTools state={state} searchLabel={t('sessions.searchHint')}>
        <FilterSelect
          state={state}
          name="status"
          label={t('sessions.filter.state')}
          options={SESSION_STATES.map((value) => ({ value, label: t(`states.state.${value}`) }))}
        />
        <FilterSelect
          state={state}
          name="condition"
          label={t('sessions.filter.condition')}
          options={CONDITIONS.map((value) => ({ value, label: t(`states.condition.${value}`) }))}
        />
        <TagFilter state={state} />
        <FilterSelect
          state={state}
          name="format"
          label={t('sessions.filter.format')}
          options={FORMATS.map((value) => ({ value, label: value }))}
        />
        <ProxyFilter state={state} />
      </TableTools>
      {error && <Problem error={error} onRetry={refetch} />}
      {isAdmin && chosen.size > 0 && (
        <BulkBar
          key={JSON.stringify(filter)}
          ids={chosen}
          matching={data?.total ?? 0}
          filter={filter}
          onClear={() => setChosen(new Set())}
        />
      )}
      <DataTable
        label={t('shell.pages.sessions')}
        columns={columns}
        page={data}
        state={state}
        rowName={({ name }) => name}
        {...(isAdmin && { selection: { ids: chosen, set: setChosen } })}
        empty={<NoSessions isNarrowed={state.isNarrowed} isAdmin={isAdmin} />}
      />
    </Page>
  );
}

/** What the list is narrowed to, for actions on all that match. */
function filterOf({ q, filters }: SessionTable) {
  const { status, condition, tag, format, proxy } = filters;
  return {
    ...(q && { q }),
    ...(status && { status: status as SessionState }),
    ...(condition && { condition: condition as Condition }),
    ...(tag && { tag: [tag] }),
    ...(format && { format }),
    ...(proxy && { proxy }),
  };
}

/** The tags in use; a key that is limited to tags does not see them. */
function TagFilter({ state }: { readonly state: SessionTable }) {
  const { t } = useTranslation();
  const { data = [] } = useQuery({
    queryKey: ['sessions', 'tags'],
    queryFn: ({ signal }) => get('/sessions/tags', { signal }),
    enabled: useSelf().tags.length === 0,
  });
  if (data.length === 0 && !state.filters.tag) return null;
  const options = data.map((value) => ({ value, label: value }));
  return <FilterSelect state={state} name="tag" label={t('sessions.filter.tag')} options={options} />;
}

/** Sessions without a proxy; which proxy it is, is found by the search of their page. */
function ProxyFilter({ state }: { readonly state: SessionTable }) {
  const { t } = useTranslation();
  const options = [
    { value: 'none', label: t('sessions.filter.noProxy') },
    ...['socks5', 'socks4', 'http', 'mtproxy'].map((type) => ({ value: `${type}://`, label: type })),
  ];
  return <FilterSelect state={state} name="proxy" label={t('sessions.filter.proxy')} options={options} />;
}

/** The ways to add accounts; which of them is open stands in the address. */
function AddAccounts() {
  const { t } = useTranslation();
  const { tab, open, change, close } = useAdding();
  const [isLimiting, setLimiting] = useState(false);
  return (
    <>
      <Button variant="default" onClick={() => setLimiting(true)}>
        {t('sessions.limits.open')}
      </Button>
      {isLimiting && <LimitsDialog onClose={() => setLimiting(false)} />}
      <Button variant="default" onClick={() => open('get')}>
        {t('sessions.getCode')}
      </Button>
      <Button leftSection={<Icon name="plus" size={16} />} onClick={() => open('code')}>
        {t('sessions.add')}
      </Button>
      {tab && <AddDialog tab={tab} onTab={change} onClose={close} />}
    </>
  );
}

function NoSessions({ isNarrowed, isAdmin }: { readonly isNarrowed: boolean; readonly isAdmin: boolean }) {
  const { t } = useTranslation();
  if (isNarrowed) {
    return (
      <EmptyState title={t('common.nothingFound')}>
        <p>{t('common.nothingFoundHint')}</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={t('sessions.empty.title')}>
      <p>{isAdmin ? t('sessions.empty.admin') : t('sessions.empty.monitor')}</p>
    </EmptyState>
  );
}
